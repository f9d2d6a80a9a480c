import {
  type ConfigurationChangeEvent,
  commands,
  type ExtensionContext,
  window,
  workspace,
} from 'vscode';
import { chooseGpu } from './commands/chooseGpu';
import { fixAll } from './commands/fixAll';
import { openRule } from './commands/openRule';
import { showEstimate } from './commands/showEstimate';
import { showMenu } from './commands/showMenu';
import type { Context } from './context';
import { isServerNeeded } from './documents';
import { restoreEstimatePanels } from './panels/estimate';
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
};

let server: ServerController | undefined;

/** Gives the server's state to the tests that run inside the editor. */
export function activate(extension: ExtensionContext): Pick<ServerController, 'state' | 'pid'> {
  const output = window.createOutputChannel('Tunesmith', { log: true });
  server = new ServerController(extension, output);
  const context: Context = { extension, output, server };
  extension.subscriptions.push(output);
  for (const [name, command] of Object.entries(COMMANDS)) {
    const handler = (...args: unknown[]) => command(context, ...args);
    extension.subscriptions.push(commands.registerCommand(`${SECTION}.${name}`, handler));
  }
  createStatus(context);
  extension.subscriptions.push(restoreEstimatePanels(context));
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
