/** What the plan's panel and the extension say to each other. */
import type { Plan } from '../agentProtocol';
import type { MachineRow, WriteJobParams } from '../protocol';
import type { PanelTarget, Problem, ToAnyPanel } from './panelMessages';

/** What is chosen in the panel; what is missing is as the script, its command or the estimate say. */
export interface Choices {
  engine?: 'hf' | 'local';
  flavor?: string;
  timeout?: string;
  namespace?: string;
  smoke?: boolean;
}

/** The script of a job, with what is chosen for it. */
export interface PlanTarget extends PanelTarget {
  uri: string;
  choices: Choices;
  /** The job that goes on from its last checkpoint. */
  resume?: string;
}

/** A machine to choose from; `notes` say its price and whether the script fits it. */
export type Machine = Pick<MachineRow, 'name' | 'label'> & { notes: string[] };

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
  | ToAnyPanel<PlanTarget>
  | { type: 'plan'; id: number; plan: Plan; isOffline: boolean }
  | { type: 'problem'; id: number; problem: Problem }
  /** `pricedOn`: the day of the prices; null: they are those of now. */
  | { type: 'machines'; machines: Machine[]; pricedOn: string | null }
  /** The script has changed and is not saved: what runs would not be what is seen. */
  | { type: 'stale' }
  | { type: 'refused'; problem: Problem };
