import {
  type ConfigurationChangeEvent,
  commands,
  type ExtensionContext,
  window,
  workspace,
} from 'vscode';
import { checkAccount } from './commands/checkAccount';
import { chooseGpu } from './commands/chooseGpu';
import { fixAll } from './commands/fixAll';
import { newScript } from './commands/newScript';
import { openRule } from './commands/openRule';
import { resumeJob } from './commands/resumeJob';
import { showEstimate } from './commands/showEstimate';
import { showJobs } from './commands/showJobs';
import { showLog } from './commands/showLog';
import { showMenu } from './commands/showMenu';
import { signIn } from './commands/signIn';
import { submitJob } from './commands/submitJob';
import type { Context } from './context';
import { isServerNeeded } from './documents';
import { JobsController } from './jobs/controller';
import { JobLogs } from './jobs/logs';
import { told } from './jobs/problems';
import { createJobsStatus } from './jobs/status';
import { accountPanels } from './panels/account';
import { estimatePanels } from './panels/estimate';
import { planPanels } from './panels/plan';
import { ServerController } from './server';
import { SECTION } from './settings';
import { createStatus } from './status';

type Command = (context: Context, ...args: unknown[]) => unknown;

const COMMANDS: Record<string, Command> = {
  restartServer: ({ server }) => server.restart(),
  showOutput: ({ output }) => output.show(),
  fixAll,
  openRule,
  showEstimate,
  chooseGpu,
  showMenu,
  submitJob: told(submitJob),
  showJobs: told(showJobs),
  showLog: told(showLog),
  resumeJob: told(resumeJob),
  newScript: told(newScript),
  checkAccount: told(checkAccount),
  signIn: told(signIn),
};

let server: ServerController | undefined;

/** Gives the server's state to the tests that run inside the editor. */
export function activate(extension: ExtensionContext): Pick<ServerController, 'state' | 'pid'> {
  const output = window.createOutputChannel('Tunesmith', { log: true });
  server = new ServerController(extension, output);
  const jobs = new JobsController(extension, output);
  const logs = new JobLogs(extension, jobs);
  const context: Context = { extension, output, server, jobs, logs };
  extension.subscriptions.push(output);
  for (const [name, command] of Object.entries(COMMANDS)) {
    const handler = (...args: unknown[]) => command(context, ...args);
    extension.subscriptions.push(commands.registerCommand(`${SECTION}.${name}`, handler));
  }
  createStatus(context);
  createJobsStatus(context);
  extension.subscriptions.push(
    estimatePanels.restore(context),
    planPanels.restore(context),
    accountPanels.restore(context),
  );
  const restore = () => jobs.restore().then(() => logs.restore());
  extension.subscriptions.push(workspace.onDidGrantWorkspaceTrust(restore));
  void restore();
  startWhenNeeded(context);
  return server;
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}

/** The server costs nothing until a document that it checks is open. */
function startWhenNeeded({ extension, server }: Context): void {
  const startIfNeeded = () => (isServerNeeded() ? server.start() : undefined);
  extension.subscriptions.push(
    workspace.onDidOpenTextDocument(startIfNeeded),
    workspace.onDidChangeConfiguration((event) => followSettings(event, server)),
  );
  void startIfNeeded();
}

function followSettings(event: ConfigurationChangeEvent, server: ServerController): void {
  const changed = (key: string) => event.affectsConfiguration(`${SECTION}.${key}`);
  if (changed('enable')) void (isServerNeeded() ? server.start() : server.stop());
  const isOtherProgram = changed('interpreter') || changed('server.path');
  if (isOtherProgram && server.state !== 'off') void server.restart();
}
