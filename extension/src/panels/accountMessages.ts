/** What the account's panel and the extension say to each other. */
import type { DoctorResult } from '../agentProtocol';

/** What a panel shows; kept when the window is loaded anew. */
export interface AccountTarget {
  /** Of the script that the account is to be enough for; none: the account alone. */
  uri?: string;
}

export type FromAccount = { type: 'ask' } | { type: 'signIn' } | { type: 'open'; url: string };

export type ToAccount =
  | { type: 'result'; result: DoctorResult }
  | { type: 'problem'; message: string }
  | { type: 'changed' };
