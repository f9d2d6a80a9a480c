import { Uri, window } from 'vscode';
import type { Context } from '../context';
import { requireNetwork, requireTrust } from '../jobs/controller';
import { accountPanels } from '../panels/account';

/** Says whether the account can do what a script asks for: one that is given, or the active file. */
export async function checkAccount(context: Context, given?: unknown): Promise<void> {
  requireTrust();
  requireNetwork();
  const active = window.activeTextEditor?.document;
  const isScript = active?.languageId === 'python' && active.uri.scheme === 'file';
  const uri = given instanceof Uri ? given : isScript ? active.uri : undefined;
  accountPanels.show(context, uri ? { uri: uri.toString() } : {});
}
