import { Uri, window, workspace } from 'vscode';
import type { Context } from '../context';
import { requireTrust } from '../jobs/controller';
import { planPanels } from '../panels/plan';

/** Saves a script and shows the plan of its job. Nothing is sent. */
export async function submitJob(context: Context, given?: unknown): Promise<void> {
  requireTrust();
  const uri = await savedScript(given);
  if (uri) planPanels.show(context, { uri: uri.toString(), choices: {} });
}

/**
 * The script that a command is about, saved: one of a menu or of a lens, or else the active file.
 * Tells the user where there is none.
 */
export async function savedScript(given?: unknown): Promise<Uri | undefined> {
  const asked = uriOf(given) ?? activeScript();
  if (!asked) {
    void window.showInformationMessage('Tunesmith: open a training script first.');
    return undefined;
  }
  const document = await workspace.openTextDocument(asked);
  if (!document.isDirty && asked.scheme === 'file') return asked;
  return workspace.save(asked); // an untitled one gets a name by this
}

function uriOf(given: unknown): Uri | undefined {
  if (given instanceof Uri) return given;
  const uri = (given as { uri?: unknown } | undefined)?.uri;
  return typeof uri === 'string' ? Uri.parse(uri) : undefined;
}

function activeScript(): Uri | undefined {
  const document = window.activeTextEditor?.document;
  const isScript =
    document?.languageId === 'python' && /^(file|untitled)$/.test(document.uri.scheme);
  return isScript ? document.uri : undefined;
}
