import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { ServerController } from './server';

/** What the commands work with. */
export interface Context {
  readonly extension: ExtensionContext;
  readonly output: LogOutputChannel;
  readonly server: ServerController;
}
