import { commands, Uri, window } from 'vscode';
import type { Context } from '../context';
import { ruleNames, rulePage } from '../links';

/** Shows a rule's page beside the editor; asks which one when no name is given. */
export async function openRule({ extension }: Context, name?: unknown): Promise<void> {
  const rule = name ?? (await pickRule(extension.extensionPath));
  if (rule === undefined) return;
  const page = rulePage(extension.extensionPath, rule);
  if (!page) {
    void window.showErrorMessage(
      `Tunesmith: there is no page for the rule ${JSON.stringify(rule)}.`,
    );
    return;
  }
  await commands.executeCommand('markdown.showPreviewToSide', Uri.file(page));
}

function pickRule(extensionPath: string): Thenable<string | undefined> {
  return window.showQuickPick(ruleNames(extensionPath), { placeHolder: 'Rule to read about' });
}
