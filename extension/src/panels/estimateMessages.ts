/** What the estimate's panel and the extension say to each other. */
import type { EstimateParams, EstimateResult, WriteValuesParams } from '../protocol';
import type { Problem, ToAnyPanel } from './panelMessages';

/** The training, and the values tried in place of the script's. */
export interface EstimateTarget extends EstimateParams {
  uri: string;
}

export type FromEstimate =
  | { type: 'ask'; id: number; params: EstimateParams }
  | { type: 'writeValues'; params: WriteValuesParams }
  | { type: 'writeMachine'; machine: string }
  | { type: 'reveal'; line: number };

export type ToEstimate =
  | ToAnyPanel<EstimateTarget>
  | { type: 'estimate'; id: number; result: EstimateResult }
  | { type: 'problem'; id: number; problem: Problem };
