import { window } from 'vscode';
import type { Context } from '../context';
import { isChecked } from '../documents';
import { showEstimatePanel } from '../panels/estimate';
import type { Target } from '../panels/messages';

/** Shows what a training needs: that of a lens, or of the active file. */
export function showEstimate(context: Context, target?: unknown): void {
  const asked = (target as Target | undefined) ?? activeTarget();
  if (asked) showEstimatePanel(context, asked);
}

/** The file that a command of the palette is about; tells the user where there is none. */
export function activeTarget(): Target | undefined {
  const document = window.activeTextEditor?.document;
  if (document?.languageId === 'python' && isChecked(document))
    return { uri: document.uri.toString() };
  void window.showInformationMessage('Tunesmith: open a training script first.');
  return undefined;
}
