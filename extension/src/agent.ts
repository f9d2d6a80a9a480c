/** Asks the agent, which runs jobs and outlives the editor. A bridge process leads to it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import {
  type CancellationToken,
  createMessageConnection,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import {
  AGENT_PROTOCOL,
  type AgentStatus,
  CHANGED,
  type Job,
  LINES,
  type Lines,
  STATUS,
} from './agentProtocol';

const START_LIMIT_MS = 60_000;
const KEPT_ERRORS = 4000;
const SEE_OUTPUT = 'try again; the output of Tunesmith may say more';

/** A command of the editor that helps. */
export interface Step {
  title: string;
  command: string;
  argument?: string;
}

const SIGN_IN: Step = { title: 'Sign In', command: 'tunesmith.signIn' };

/** The agent did not do what it was asked; says what to do about it, and with which command. */
export class AgentError extends Error {
  constructor(
    message: string,
    readonly nextStep: string,
    readonly step?: Step,
  ) {
    super(message);
  }
}

/** The bridge has ended, and with it each request that was under way: it may have been carried out. */
export class LostAgentError extends AgentError {}

export interface Program {
  command: string;
  args: readonly string[];
  options: { cwd: string };
}

export interface AgentOptions {
  /** How `tunesmith` is run; throws where it may not be. */
  program(): Promise<Program>;
  /** The variables of the bridge: it says to the agent who asks, with which token of which Hub. */
  environment(): NodeJS.ProcessEnv;
  log(text: string): void;
  onJob(job: Job): void;
  onLines(lines: Lines): void;
  /** Called when a connection that had been made is gone, unless it was closed on purpose. */
  onLost(): void;
}

/** Starts a bridge when something is asked, and another one after that has ended. */
export class Agent {
  private bridge: Promise<Bridge> | undefined;

  constructor(private readonly options: AgentOptions) {}

  /** The agent's answer; throws an AgentError where it gives none. */
  async request<Result>(
    method: string,
    params: object = {},
    token?: CancellationToken,
  ): Promise<Result> {
    const bridge = await this.connected();
    return bridge.request<Result>(method, params, token);
  }

  /** Ends the connection; jobs go on, and so does what follows them. The next request makes another. */
  close(): void {
    const bridge = this.bridge;
    this.bridge = undefined;
    bridge?.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }

  private connected(): Promise<Bridge> {
    if (this.bridge) return this.bridge;
    const bridge = this.connect();
    this.bridge = bridge;
    const forget = () => {
      if (this.bridge === bridge) this.bridge = undefined;
    };
    bridge.then((opened) => {
      opened.ended.then(() => {
        const isMeant = this.bridge !== bridge;
        forget();
        if (!isMeant) this.options.onLost();
      });
    }, forget);
    return bridge;
  }

  private async connect(): Promise<Bridge> {
    const bridge = new Bridge(await this.options.program(), this.options);
    try {
      await bridge.greet();
    } catch (error) {
      bridge.close();
      throw error;
    }
    return bridge;
  }
}

/** One bridge process and what is said through it. */
class Bridge {
  readonly ended: Promise<void>;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly connection: MessageConnection;
  private errors = '';

  constructor(
    { command, args, options }: Program,
    { environment, log, onJob, onLines }: AgentOptions,
  ) {
    this.child = spawn(command, [...args, 'agent', 'bridge'], {
      cwd: options.cwd,
      env: environment(),
      windowsHide: true,
    });
    this.child.stdin.on('error', () => undefined); // its end tells
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors = (this.errors + text).slice(-KEPT_ERRORS);
      log(text.trimEnd());
    });
    this.connection = createMessageConnection(
      new StreamMessageReader(this.child.stdout),
      new StreamMessageWriter(this.child.stdin),
    );
    this.connection.onError(([error]) => {
      log(error.message);
      this.child.kill(); // after a message that cannot be read the stream is of no more use
    });
    this.connection.onNotification(CHANGED, onJob);
    this.connection.onNotification(LINES, onLines);
    this.connection.listen();
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.connection.dispose();
        resolve();
      };
      this.child.once('error', (error) => {
        this.errors += error.message;
        end();
      });
      this.child.once('close', end);
    });
  }

  /** Waits for the agent, which may have to be started, and refuses one that speaks otherwise. */
  async greet(): Promise<void> {
    const timer = setTimeout(() => this.child.kill(), START_LIMIT_MS);
    try {
      const { protocol, version } = await this.request<AgentStatus>(STATUS, {});
      if (protocol === AGENT_PROTOCOL) return;
      throw new AgentError(
        `The agent is of release ${version} and speaks protocol ${protocol}, this extension ${AGENT_PROTOCOL}`,
        'update the older of the two, then run `tunesmith agent stop`',
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async request<Result>(method: string, params: object, token?: CancellationToken) {
    try {
      return await (token
        ? this.connection.sendRequest<Result>(method, params, token)
        : this.connection.sendRequest<Result>(method, params));
    } catch (error) {
      throw this.explained(error);
    }
  }

  close(): void {
    this.child.stdin.end();
    this.connection.dispose();
  }

  private explained(error: unknown): Error {
    if (!(error instanceof ResponseError)) return this.lost(); // the connection is closed
    if (error.code === ErrorCodes.PendingResponseRejected) return this.lost();
    const next: unknown = error.data?.nextStep;
    if (typeof next !== 'string') return new AgentError(error.message, SEE_OUTPUT);
    const step = next.includes('hf auth login') ? SIGN_IN : undefined;
    return new AgentError(error.message, next, step);
  }

  private lost(): LostAgentError {
    const reason = this.errors
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^tunesmith: /, '');
    return new LostAgentError(
      `The agent does not answer${reason ? `: ${reason}` : ''}`,
      SEE_OUTPUT,
    );
  }
}
