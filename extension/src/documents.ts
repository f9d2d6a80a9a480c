import { languages, type TextDocument, workspace } from 'vscode';
import type { DocumentSelector } from 'vscode-languageclient/node';
import { setting } from './settings';

const LANGUAGES = [
  'python',
  'shellscript',
  'powershell',
  'makefile',
  'just',
  'yaml',
  'github-actions-workflow',
  'dockerfile',
  'markdown',
];

/** Documents that the server checks; cells come by the notebook synchronisation it declares. */
export const SELECTOR: DocumentSelector = LANGUAGES.flatMap((language) => [
  { scheme: 'file', language },
  { scheme: 'untitled', language },
  { notebook: 'jupyter-notebook', language },
]);

export function isChecked(document: TextDocument): boolean {
  return (
    LANGUAGES.includes(document.languageId) &&
    ['file', 'untitled', 'vscode-notebook-cell'].includes(document.uri.scheme)
  );
}

/** Whether a document is open that the user wants checked. */
export function isServerNeeded(): boolean {
  return workspace.textDocuments.some(
    (document) => isChecked(document) && setting('enable', document.uri),
  );
}

/** Number of findings shown in a document. */
export function countFindings(document: TextDocument): number {
  const ours = languages.getDiagnostics(document.uri);
  return ours.filter((diagnostic) => diagnostic.source === 'tunesmith').length;
}
