import { window } from 'vscode';
import type { Context } from '../context';
import { isChecked } from '../documents';
import { estimatePanels } from '../panels/estimate';
import type { EstimateTarget } from '../panels/estimateMessages';

/** Shows what a training needs: that of a lens, or of the active file. */
export function showEstimate(context: Context, target?: unknown): void {
  const asked = (target as EstimateTarget | undefined) ?? activeTarget();
  if (asked) estimatePanels.show(context, asked);
}

/** The file that a command of the palette is about; tells the user where there is none. */
export function activeTarget(): EstimateTarget | undefined {
  const document = window.activeTextEditor?.document;
  if (document?.languageId === 'python' && isChecked(document))
    return { uri: document.uri.toString() };
  void window.showInformationMessage('Tunesmith: open a training script first.');
  return undefined;
}
