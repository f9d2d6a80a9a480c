/** The jobs of this user as the agent tells of them, for all that shows them in this window. */
import {
  type CancellationToken,
  EventEmitter,
  type ExtensionContext,
  type LogOutputChannel,
  workspace,
} from 'vscode';
import { Agent, AgentError } from '../agent';
import {
  INSPECT,
  JOBS,
  type Job,
  type JobList,
  type JobsParams,
  type Lines,
} from '../agentProtocol';
import { tunesmithProgram } from '../launch';
import { setting } from '../settings';
import { isRunning, runSeconds } from './words';

/** Whether jobs were running when a window was last told: then the next one looks. */
const WERE_RUNNING = 'jobs.wereRunning';
/** Dollars an hour by flavor, as the tables or Hugging Face said last. */
const PRICES = 'jobs.prices';
const NETWORK = 'tunesmith.network';
const RETRY_MS = 2000;

export class JobsController {
  private readonly agent: Agent;
  private readonly known = new Map<string, Job>();
  private readonly changed = new EventEmitter<Job | undefined>();
  private readonly printed = new EventEmitter<Lines>();
  private readonly lost = new EventEmitter<void>();
  /** A job has changed, or several. */
  readonly onDidChange = this.changed.event;
  /** More lines of a log that was asked for. */
  readonly onDidPrint = this.printed.event;

  constructor(
    private readonly extension: ExtensionContext,
    output: LogOutputChannel,
  ) {
    this.agent = new Agent({
      program: async () => {
        requireTrust();
        return tunesmithProgram(extension, output);
      },
      environment,
      log: (text) => output.warn(`agent: ${text}`),
      onJob: (job) => this.remember(job),
      onLines: (lines) => this.printed.fire(lines),
      onLost: () => this.reconnect(),
    });
    extension.subscriptions.push(
      this.changed,
      this.printed,
      this.lost,
      { dispose: () => this.agent.close() },
      // Who asks is said once for each connection.
      workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration(NETWORK)) this.agent.close();
      }),
    );
  }

  /** Those that are known here, newest first. */
  get all(): Job[] {
    return [...this.known.values()].sort((first, second) => second.created - first.created);
  }

  get running(): Job[] {
    return this.all.filter(isRunning);
  }

  find(id: string): Job | undefined {
    return this.known.get(id);
  }

  /** What a job has cost so far, about; undefined where that is not known. */
  dollars(job: Job): number | undefined {
    const price = this.prices[job.flavor ?? ''];
    const seconds = runSeconds(job);
    if (job.engine === 'local' || price === undefined || seconds === undefined) return undefined;
    return (price * seconds) / 3600;
  }

  learnPrices(known: Record<string, number>): void {
    void this.extension.globalState.update(PRICES, { ...this.prices, ...known });
  }

  private get prices(): Record<string, number> {
    return this.extension.globalState.get(PRICES, {});
  }

  /** The agent's answer; throws an AgentError. */
  async request<Result>(method: string, params?: object, token?: CancellationToken) {
    return this.agent.request<Result>(method, params, token);
  }

  /** As `request`, of what is sent to the Hub: refused where the user wants nothing sent. */
  async requestOnline<Result>(method: string, params?: object): Promise<Result> {
    requireNetwork();
    return this.request<Result>(method, params);
  }

  /** Asks for all jobs; gives the engines that could not be asked, with why. */
  async refresh(params: JobsParams = {}): Promise<readonly string[]> {
    const { jobs, problems } = await this.request<JobList>(JOBS, { all: true, ...params });
    for (const job of jobs) this.known.set(job.id, job);
    this.tell(undefined);
    return problems;
  }

  async inspect(id: string): Promise<Job> {
    const job = await this.request<Job>(INSPECT, { id });
    this.remember(job);
    return job;
  }

  remember(job: Job): void {
    this.known.set(job.id, job);
    this.tell(job);
  }

  /** Looks for jobs that were running when the last window was closed. */
  async restore(): Promise<void> {
    const wereRunning = this.extension.globalState.get<boolean>(WERE_RUNNING);
    if (wereRunning && workspace.isTrusted) await this.refresh().catch(() => undefined);
  }

  private tell(job: Job | undefined): void {
    const isSome = this.running.length > 0;
    if (this.extension.globalState.get(WERE_RUNNING, false) !== isSome)
      void this.extension.globalState.update(WERE_RUNNING, isSome);
    this.changed.fire(job);
  }

  /** What happened without us is asked for; jobs that run are not left unwatched. */
  private reconnect(): void {
    if (this.running.length > 0) setTimeout(() => void this.restore(), RETRY_MS);
  }
}

/** Where the user wants nothing sent, nobody does. */
function environment(): NodeJS.ProcessEnv {
  return setting('network') === 'off' ? { ...process.env, HF_HUB_OFFLINE: '1' } : process.env;
}

export function requireTrust(): void {
  if (workspace.isTrusted) return;
  throw new AgentError(
    'This window is in Restricted Mode, in which files are only checked',
    'Trust the workspace to run jobs',
    { title: 'Manage Workspace Trust', command: 'workbench.trust.manage' },
  );
}

export function requireNetwork(): void {
  if (setting('network') !== 'off') return;
  throw new AgentError(
    'The setting tunesmith.network is "off", so nothing is sent',
    'Set it to "ask" or "on", or run the script on this machine',
    { title: 'Open Setting', command: 'workbench.action.openSettings', argument: NETWORK },
  );
}
