import { commands, window } from 'vscode';
import { isChecked } from '../documents';

const KIND = 'source.fixAll.tunesmith';

/** Applies every safe fix of the active file. */
export async function fixAll(): Promise<void> {
  const editor = window.activeTextEditor;
  if (!editor || !isChecked(editor.document)) {
    void window.showInformationMessage(
      'Tunesmith: open a training script or a file with job commands first.',
    );
    return;
  }
  await commands.executeCommand('editor.action.sourceAction', { kind: KIND, apply: 'first' });
}
