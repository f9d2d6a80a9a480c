/** The logs of jobs, each in an output channel of its own, which goes on while the job runs. */
import {
  CancellationTokenSource,
  type Disposable,
  type ExtensionContext,
  type OutputChannel,
  window,
} from 'vscode';

import { LostAgentError } from '../agent';
import { type Job, type Line, type Lines, LOG, type LogParams } from '../agentProtocol';
import type { JobsController } from './controller';
import { sentences } from './problems';
import { isRunning, lasting, machineOf, runSeconds, scriptOf, stageOf } from './words';

/** Jobs whose logs were followed when the window was last loaded. */
const FOLLOWED = 'jobs.logs';
const RETRY_MS = 2000;
const RETRIES = 5;
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' own
const COLORS = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

export class JobLogs implements Disposable {
  private readonly open = new Map<string, JobLog>();

  constructor(
    private readonly extension: ExtensionContext,
    private readonly jobs: JobsController,
  ) {
    extension.subscriptions.push(
      this,
      jobs.onDidPrint((lines) => this.open.get(lines.id)?.print(lines)),
    );
  }

  /** Shows a job's log, and what it prints from now on. */
  show(job: Job): void {
    this.logOf(job).show();
  }

  /** Goes on with the logs that a window showed when it was closed. */
  async restore(): Promise<void> {
    for (const id of this.extension.workspaceState.get<string[]>(FOLLOWED, [])) {
      const job = this.jobs.find(id) ?? (await this.jobs.inspect(id).catch(() => undefined));
      if (job) this.logOf(job);
    }
  }

  dispose(): void {
    for (const log of this.open.values()) log.dispose();
  }

  private logOf(job: Job): JobLog {
    const found = this.open.get(job.id);
    if (found && !found.hasFailed) return found;
    found?.dispose();
    const log = new JobLog(this.jobs, job);
    this.open.set(job.id, log);
    void log.follow().finally(() => this.keepFollowed());
    this.keepFollowed();
    return log;
  }

  private keepFollowed(): void {
    const followed = [...this.open.values()].filter((log) => log.isFollowing);
    void this.extension.workspaceState.update(
      FOLLOWED,
      followed.map(({ id }) => id),
    );
  }
}

class JobLog implements Disposable {
  private readonly channel: OutputChannel;
  private readonly ending = new CancellationTokenSource();
  private next = 0;
  isFollowing = true;
  hasFailed = false;

  constructor(
    private readonly jobs: JobsController,
    private readonly job: Job,
  ) {
    this.channel = window.createOutputChannel(`Job ${job.name} (${shortId(job)})`, 'log');
    this.note(`${scriptOf(job) || job.name} on ${machineOf(job)}, job ${job.remoteId ?? job.id}`);
  }

  get id(): string {
    return this.job.id;
  }

  show(): void {
    this.channel.show(true);
  }

  /** Shows what has not been shown; lines come in order, and once. */
  print({ lines, gap }: Lines): void {
    const fresh = lines.filter(({ ordinal }) => ordinal >= this.next);
    if (gap) this.note('some lines are missing here');
    const last = fresh.at(-1);
    if (!last) return;
    this.next = last.ordinal + 1;
    this.channel.append(fresh.map(textOf).join(''));
  }

  async follow(): Promise<void> {
    try {
      const job = await this.stream(RETRIES);
      this.jobs.remember(job);
      if (!isRunning(job)) this.note(endOf(job));
    } catch (error) {
      this.hasFailed = true;
      if (!this.ending.token.isCancellationRequested) this.note(sentences(error));
    } finally {
      this.isFollowing = false;
    }
  }

  dispose(): void {
    this.ending.cancel();
    this.channel.dispose();
  }

  /** The agent may be replaced by a newer one, or end; the log goes on with the next one. */
  private async stream(retries: number): Promise<Job> {
    const params: LogParams = { id: this.id, start: this.next, follow: true };
    try {
      return await this.jobs.request<Job>(LOG, params, this.ending.token);
    } catch (error) {
      if (!(error instanceof LostAgentError) || retries <= 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return this.stream(retries - 1);
    }
  }

  private note(text: string): void {
    this.channel.appendLine(`── ${text} ──`);
  }
}

const textOf = ({ text }: Line) => `${text.replace(COLORS, '')}\n`;

const shortId = ({ remoteId, id }: Job) => (remoteId ?? id).slice(0, 8);

function endOf(job: Job): string {
  const ran = runSeconds(job);
  const after = ran === undefined ? '' : ` after ${lasting(ran)}`;
  const code = job.exitCode ? `, exit code ${job.exitCode}` : '';
  const message = job.message ? `: ${job.message}` : '';
  return `${stageOf(job)}${after}${code}${message}`;
}
