/** The panel that shows a training's memory, time and cost, and what other values would change. */
import * as path from 'node:path';
import {
  type Disposable,
  Range,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import type { Context } from '../context';
import { sentences } from '../jobs/problems';
import {
  ESTIMATE_REQUEST,
  type EstimateParams,
  type EstimateResult,
  WRITE_VALUES_REQUEST,
  type WriteValuesParams,
  type WriteValuesResult,
} from '../protocol';
import { writeMachine } from '../writeMachine';
import type { FromPanel, Target, ToPanel } from './messages';
import { fillPanel } from './page';

const TYPE = 'tunesmith.estimate';
const panels = new Map<string, EstimatePanel>();

/** Shows the panel of a script, which there is one of. */
export function showEstimatePanel(context: Context, target: Target): void {
  const open = panels.get(target.uri);
  if (open) {
    open.show(target);
    return;
  }
  const column = { viewColumn: ViewColumn.Beside, preserveFocus: true };
  const panel = window.createWebviewPanel(TYPE, titleOf(target), column);
  panels.set(target.uri, new EstimatePanel(context, panel, target));
}

/** Brings the panels back when the window is loaded anew. */
export function restoreEstimatePanels(context: Context): Disposable {
  return window.registerWebviewPanelSerializer(TYPE, {
    deserializeWebviewPanel: async (panel: WebviewPanel, target: Target | undefined) => {
      if (target?.uri) panels.set(target.uri, new EstimatePanel(context, panel, target));
      else panel.dispose();
    },
  });
}

const titleOf = ({ uri }: Target) => `Estimate: ${path.posix.basename(Uri.parse(uri).path)}`;

class EstimatePanel {
  private readonly uri: Uri;
  private readonly listeners: Disposable[];

  constructor(
    private readonly context: Context,
    private readonly panel: WebviewPanel,
    target: Target,
  ) {
    this.uri = Uri.parse(target.uri);
    panel.webview.onDidReceiveMessage((message: FromPanel) => this.receive(message));
    fillPanel(context.extension, panel, { name: 'estimate', title: 'Estimate', data: target });
    this.listeners = [
      workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.toString() === this.uri.toString()) this.send({ type: 'changed' });
      }),
      workspace.onDidSaveTextDocument(() => this.send({ type: 'changed' })),
      context.server.onDidChange(() => this.send({ type: 'changed' })),
    ];
    panel.onDidDispose(() => {
      panels.delete(target.uri);
      for (const listener of this.listeners) listener.dispose();
    });
  }

  show(target: Target): void {
    this.panel.reveal(undefined, true);
    this.send({ type: 'target', target });
  }

  private send(message: ToPanel): void {
    void this.panel.webview.postMessage(message);
  }

  private async receive(message: FromPanel): Promise<void> {
    switch (message.type) {
      case 'ask':
        return this.estimate(message.id, message.params);
      case 'writeValues':
        return this.tell(() => this.writeValues(message.params));
      case 'writeMachine':
        return this.tell(() => writeMachine(this.context, this.uri.toString(), message.machine));
      case 'reveal':
        await this.reveal(message.line);
    }
  }

  private async estimate(id: number, params: EstimateParams): Promise<void> {
    try {
      await this.open();
      const result = await this.context.server.request<EstimateResult>(ESTIMATE_REQUEST, params);
      this.send({ type: 'estimate', id, result });
    } catch (error) {
      this.send({ type: 'problem', id, message: sentences(error) });
    }
  }

  private async writeValues(params: WriteValuesParams): Promise<string> {
    await this.open();
    const { server } = this.context;
    const answer = await server.request<WriteValuesResult>(WRITE_VALUES_REQUEST, params);
    const written = answer.written.length > 0 ? [`Wrote ${answer.written.join(', ')}.`] : [];
    return [...written, ...answer.left].join(' ');
  }

  /** Tells the user in the panel what came of a step. */
  private async tell(step: () => Promise<string>): Promise<void> {
    const message = await step().catch(sentences);
    if (message) this.send({ type: 'notice', message });
  }

  /** The server knows open documents only; the script may have been closed. */
  private async open(): Promise<void> {
    if (this.uri.scheme !== 'vscode-notebook-cell') await workspace.openTextDocument(this.uri);
  }

  private async reveal(line: number): Promise<void> {
    const document = await workspace.openTextDocument(this.uri);
    const selection = new Range(line - 1, 0, line - 1, 0);
    await window.showTextDocument(document, { viewColumn: ViewColumn.One, selection });
  }
}
