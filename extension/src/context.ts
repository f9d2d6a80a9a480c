import type { ExtensionContext, LogOutputChannel } from 'vscode';
import type { JobsController } from './jobs/controller';
import type { JobLogs } from './jobs/logs';
import type { ServerController } from './server';

/** What the commands work with. */
export interface Context {
  readonly extension: ExtensionContext;
  readonly output: LogOutputChannel;
  readonly server: ServerController;
  readonly jobs: JobsController;
  readonly logs: JobLogs;
}
