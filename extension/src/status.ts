/** The status item: state of the server and number of findings in the active file. */
import {
  languages,
  StatusBarAlignment,
  type StatusBarItem,
  type TextDocument,
  window,
} from 'vscode';
import type { Context } from './context';
import { countFindings, isChecked } from './documents';
import type { ServerController } from './server';

export function createStatus(context: Context): StatusBarItem {
  const item = window.createStatusBarItem('status', StatusBarAlignment.Right);
  item.name = 'Tunesmith';
  item.command = 'tunesmith.showMenu';
  const update = () => updateStatus(item, context);
  context.extension.subscriptions.push(
    item,
    context.server.onDidChange(update),
    languages.onDidChangeDiagnostics(update),
    window.onDidChangeActiveTextEditor(update),
    window.onDidChangeActiveNotebookEditor(update),
  );
  update();
  return item;
}

function updateStatus(item: StatusBarItem, { server }: Context): void {
  const checked = activeDocuments().filter(isChecked);
  const findings = checked.reduce((sum, document) => sum + countFindings(document), 0);
  const { icon, label } = appearance(server, findings);
  const count = server.state === 'running' && findings > 0 ? ` ${findings}` : '';
  item.text = `$(${icon}) Tunesmith${count}`;
  const version = server.version && `Version ${server.version}`;
  item.tooltip = [label, server.work?.note, version].filter(Boolean).join('\n');
  item.accessibilityInformation = { label: `Tunesmith: ${label}` };
  if (checked.length > 0 || server.state === 'failed') item.show();
  else item.hide();
}

/** The active file; of a notebook all cells, whichever of them has the focus. */
function activeDocuments(): TextDocument[] {
  const notebook = window.activeNotebookEditor?.notebook;
  if (notebook) return notebook.getCells().map((cell) => cell.document);
  return window.activeTextEditor ? [window.activeTextEditor.document] : [];
}

function appearance(server: ServerController, findings: number): { icon: string; label: string } {
  switch (server.state) {
    case 'off':
      return { icon: 'circle-slash', label: 'Off' };
    case 'starting':
      return { icon: 'loading~spin', label: 'Starting' };
    case 'failed':
      return { icon: 'error', label: 'Not running: see the output' };
    case 'running':
      if (server.work?.state === 'scanning')
        return { icon: 'loading~spin', label: 'Reading the workspace' };
      if (findings === 0) return { icon: 'check', label: 'No findings in this file' };
      return {
        icon: 'warning',
        label: findings === 1 ? '1 finding in this file' : `${findings} findings in this file`,
      };
  }
}
