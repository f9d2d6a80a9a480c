/** What the estimate's panel and the extension say to each other. */
import type { EstimateParams, EstimateResult, WriteValuesParams } from '../protocol';

/** What a panel shows; kept when the window is loaded anew. */
export interface Target extends EstimateParams {
  uri: string;
}

export type FromPanel =
  | { type: 'ask'; id: number; params: EstimateParams }
  | { type: 'writeValues'; params: WriteValuesParams }
  | { type: 'writeMachine'; machine: string }
  | { type: 'reveal'; line: number };

export type ToPanel =
  | { type: 'estimate'; id: number; result: EstimateResult }
  | { type: 'problem'; id: number; message: string }
  /** The script changed, or what it rests on: ask again. */
  | { type: 'changed' }
  | { type: 'target'; target: Target }
  | { type: 'notice'; message: string };
