/** The panel that shows a training's memory, time and cost, and what other values would change. */
import { Range, Uri, ViewColumn, type WebviewPanel, window, workspace } from 'vscode';
import type { Context } from '../context';
import {
  ESTIMATE_REQUEST,
  type EstimateParams,
  type EstimateResult,
  WRITE_VALUES_REQUEST,
  type WriteValuesParams,
  type WriteValuesResult,
} from '../protocol';
import { writeMachine } from '../writeMachine';
import type { EstimateTarget, FromEstimate, ToEstimate } from './estimateMessages';
import { besideActive } from './page';
import { Panel, Panels } from './panel';

export const estimatePanels = new Panels<EstimateTarget>({
  name: 'estimate',
  title: 'Estimate',
  place: besideActive,
  isRestored: ({ uri }) => Boolean(uri),
  make: (context, view, target) => new EstimatePanel(context, view, target),
});

class EstimatePanel extends Panel<EstimateTarget, FromEstimate, ToEstimate> {
  private readonly uri: Uri;

  constructor(context: Context, view: WebviewPanel, target: EstimateTarget) {
    super(context, view);
    this.uri = Uri.parse(target.uri);
    this.listeners.push(
      workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.toString() === this.uri.toString()) this.refresh();
      }),
      workspace.onDidSaveTextDocument(() => this.refresh()),
      context.server.onDidChange(() => this.refresh()),
    );
  }

  protected override reveal(): void {
    this.view.reveal(undefined, true);
  }

  protected async receive(message: FromEstimate): Promise<void> {
    switch (message.type) {
      case 'ask':
        return this.estimate(message.id, message.params);
      case 'writeValues':
        return this.tell(() => this.writeValues(message.params));
      case 'writeMachine':
        return this.tell(() => writeMachine(this.context, this.uri.toString(), message.machine));
      case 'reveal':
        await this.revealLine(message.line);
    }
  }

  private async estimate(id: number, params: EstimateParams): Promise<void> {
    try {
      await this.open();
      const result = await this.context.server.request<EstimateResult>(ESTIMATE_REQUEST, params);
      this.send({ type: 'estimate', id, result });
    } catch (error) {
      this.send({ type: 'problem', id, problem: this.problemOf(error) });
    }
  }

  private async writeValues(params: WriteValuesParams): Promise<string> {
    await this.open();
    const { server } = this.context;
    const answer = await server.request<WriteValuesResult>(WRITE_VALUES_REQUEST, params);
    const written = answer.written.length > 0 ? [`Wrote ${answer.written.join(', ')}.`] : [];
    return [...written, ...answer.left].join(' ');
  }

  /** The server knows open documents only; the script may have been closed. */
  private async open(): Promise<void> {
    if (this.uri.scheme !== 'vscode-notebook-cell') await workspace.openTextDocument(this.uri);
  }

  private async revealLine(line: number): Promise<void> {
    const document = await workspace.openTextDocument(this.uri);
    const selection = new Range(line - 1, 0, line - 1, 0);
    await window.showTextDocument(document, { viewColumn: ViewColumn.One, selection });
  }
}
