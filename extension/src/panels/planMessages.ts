/** What the plan's panel and the extension say to each other. */
import type { Plan } from '../agentProtocol';
import type { MachineRow, WriteJobParams } from '../protocol';

/** What is chosen in the panel; what is missing is as the script, its command or the estimate say. */
export interface Choices {
  engine?: 'hf' | 'local';
  flavor?: string;
  timeout?: string;
  namespace?: string;
  smoke?: boolean;
}

/** What a panel shows; kept when the window is loaded anew. */
export interface PlanTarget {
  /** Of the script. */
  uri: string;
  choices: Choices;
  /** The job that goes on from its last checkpoint. */
  resume?: string;
}

/** A machine to choose from, with a note on what it does for this script. */
export type Machine = Pick<MachineRow, 'name' | 'label'> & { note: string };

export type FromPlan =
  | { type: 'ask'; id: number; target: PlanTarget }
  | { type: 'submit'; key: string; overridden: string[]; consent: boolean }
  | { type: 'giveSecret'; name: string }
  | { type: 'askPrices' }
  | { type: 'reveal'; line: number; column: number }
  | { type: 'copy'; text: string }
  | { type: 'write'; values: Omit<WriteJobParams, 'uri'> }
  | { type: 'checkAccount' }
  | { type: 'signIn' }
  | { type: 'close' };

export type ToPlan =
  | { type: 'plan'; id: number; plan: Plan; isOffline: boolean }
  | { type: 'problem'; id: number; message: string; needsSignIn: boolean }
  | { type: 'machines'; machines: Machine[]; from: string }
  /** The script has changed and is not saved: what runs would not be what is seen. */
  | { type: 'stale' }
  /** Something that the plan rests on has changed: ask again. */
  | { type: 'changed' }
  | { type: 'target'; target: PlanTarget }
  | { type: 'refused'; message: string; needsSignIn: boolean }
  | { type: 'notice'; message: string };
