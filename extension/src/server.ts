/** Starts and stops the language server, one step at a time, and tells the user when it cannot. */
import { EventEmitter, type ExtensionContext, type LogOutputChannel, window } from 'vscode';
import { type LanguageClient, State } from 'vscode-languageclient/node';
import { createClient, RESTART_LIMIT, requireProtocol } from './client';
import { EnvironmentError } from './environment';
import { DeclinedError, openInterpreterSetting, tunesmithProgram } from './launch';
import { INTERPRETER_NOTIFICATION, STATUS_NOTIFICATION, type StatusParams } from './protocol';
import { NoInterpreterError } from './python';
import { onDidSelectInterpreter, selectedInterpreter } from './selectedInterpreter';

const START_LIMIT_MS = 60_000;

export type ServerState = 'off' | 'starting' | 'running' | 'failed';

export class ServerController {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private current: ServerState = 'off';
  private report: StatusParams | undefined;
  private isFollowing = false;
  private readonly changed = new EventEmitter<void>();
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly extension: ExtensionContext,
    private readonly output: LogOutputChannel,
  ) {}

  get state(): ServerState {
    return this.current;
  }

  /** The version that the server gave; undefined while it is not running. */
  get version(): string | undefined {
    return this.client?.initializeResult?.serverInfo?.version;
  }

  /** What the server said last about its work; undefined while it is not running. */
  get work(): StatusParams | undefined {
    return this.current === 'running' ? this.report : undefined;
  }

  /** Process id of the server; undefined while it is not running. */
  get pid(): number | undefined {
    return this.client?.serverProcess?.pid;
  }

  /** Does nothing after a failure: the user was told, and restarts it. */
  start(): Promise<void> {
    return this.enqueue(async () => {
      if (this.current === 'off') await this.launch();
    });
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.shutDown());
  }

  /** Starts anew; a broken environment is replaced. */
  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.shutDown();
      await this.launch({ repair: true });
    });
  }

  /** The server's answer to a request of ours; throws when it gives none, saying why. */
  async request<Result>(method: string, params: object): Promise<Result> {
    await this.start();
    if (!this.client?.isRunning()) throw new Error('the checker is not running');
    return this.client.sendRequest<Result>(method, params);
  }

  /** Tells the server what the user's scripts are run with, now and whenever that changes. */
  private async followInterpreter(): Promise<void> {
    await this.tellInterpreter();
    if (this.isFollowing) return;
    this.isFollowing = true;
    const listening = await onDidSelectInterpreter(() => void this.tellInterpreter());
    if (listening) this.extension.subscriptions.push(listening);
  }

  private async tellInterpreter(): Promise<void> {
    const path = await selectedInterpreter();
    if (!path || !this.client?.isRunning()) return;
    await this.client
      .sendNotification(INTERPRETER_NOTIFICATION, { path })
      .catch((error) => this.output.warn(String(error)));
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step);
    return this.queue;
  }

  private setState(state: ServerState): void {
    this.current = state;
    this.changed.fire();
  }

  private async launch(options: { repair?: boolean } = {}): Promise<void> {
    this.setState('starting');
    try {
      const {
        command,
        args,
        options: spawning,
      } = await tunesmithProgram(this.extension, this.output, options);
      this.client = createClient({
        command: { command, args: [...args, 'server', '--stdio'], options: spawning },
        output: this.output,
        extensionPath: this.extension.extensionPath,
        onGivenUp: () => this.giveUp(),
      });
      this.client.onNotification(STATUS_NOTIFICATION, (status: StatusParams) => {
        this.report = status;
        this.changed.fire();
      });
      await startWithin(START_LIMIT_MS, this.client);
      requireProtocol(this.client);
      this.client.onDidChangeState(({ newState }) => this.follow(newState));
      this.setState('running');
      void this.followInterpreter();
    } catch (error) {
      await this.shutDown();
      this.fail(error as Error);
    }
  }

  /** The client restarts a crashed server by itself. */
  private follow(state: State): void {
    if (this.current === 'off') return;
    if (state === State.Starting) this.setState('starting');
    if (state === State.Running) {
      this.setState('running');
      void this.tellInterpreter();
    }
  }

  private async shutDown(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.report = undefined;
    this.setState('off');
    if (client?.isRunning()) {
      await client.stop().catch((error) => this.output.warn(String(error)));
    } else {
      // The client refuses to stop while it starts.
      client?.serverProcess?.kill();
    }
  }

  private giveUp(): void {
    this.fail(new Error(`The checker stopped ${RESTART_LIMIT + 1} times within three minutes.`));
  }

  private fail(error: Error): void {
    this.setState('failed');
    this.output.error(error.message);
    if (error instanceof EnvironmentError) this.output.error(error.detail);
    if (!(error instanceof DeclinedError)) void this.offerNextStep(error);
  }

  private async offerNextStep(error: Error): Promise<void> {
    const step =
      error instanceof NoInterpreterError
        ? { title: 'Open Settings', run: openInterpreterSetting }
        : { title: 'Restart', run: () => this.restart() };
    const output = { title: 'Show Output', run: () => this.output.show() };
    const answer = await window.showErrorMessage(`Tunesmith: ${error.message}`, step, output);
    await answer?.run();
  }
}

async function startWithin(limitMs: number, client: LanguageClient): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const error = new Error(`The checker did not answer within ${limitMs / 1000} s.`);
    timer = setTimeout(() => reject(error), limitMs);
  });
  const started = client.start().catch((error) => {
    throw new Error('The checker did not start. The output says why.', { cause: error });
  });
  try {
    await Promise.race([started, late]);
  } finally {
    clearTimeout(timer);
  }
}
