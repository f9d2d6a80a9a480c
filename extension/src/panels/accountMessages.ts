/** What the account's panel and the extension say to each other. */
import type { DoctorResult } from '../agentProtocol';
import type { PanelTarget, Problem, ToAnyPanel } from './panelMessages';

/** The script that the account is to be enough for; none: the account alone. */
export type AccountTarget = PanelTarget;

export type FromAccount = { type: 'ask' } | { type: 'signIn' } | { type: 'open'; url: string };

export type ToAccount =
  | ToAnyPanel<AccountTarget>
  | { type: 'result'; result: DoctorResult }
  | { type: 'problem'; problem: Problem };
