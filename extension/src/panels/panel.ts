/** Panels: web views, each about one script, that are brought back when the window is loaded anew. */
import * as path from 'node:path';
import { type Disposable, Uri, type ViewColumn, type WebviewPanel, window } from 'vscode';
import type { Step } from '../agent';
import type { Context } from '../context';
import { runStep, sentences, stepOf } from '../jobs/problems';
import { fillPanel } from './page';
import type { PanelTarget, Problem, TakeStep, ToAnyPanel } from './panelMessages';

/** A script's name as titles have it; undefined where a panel is about no script. */
export const scriptName = ({ uri }: PanelTarget) =>
  uri === undefined ? undefined : path.posix.basename(Uri.parse(uri).path);

/** What the panels of one kind have in common. */
export interface PanelKind<Target extends PanelTarget> {
  /** Of its script and style sheet, and in package.json `onWebviewPanel:tunesmith.<name>`. */
  name: 'estimate' | 'plan' | 'account';
  /** What its tab says before the script's name. */
  title: string;
  place(): ViewColumn | { viewColumn: ViewColumn; preserveFocus: boolean };
  /** Whether one is brought back that was about this. */
  isRestored(target: Target): boolean;
  make(context: Context, view: WebviewPanel, target: Target): Panel<Target>;
}

/** All panels of one kind: one for each script. */
export class Panels<Target extends PanelTarget> {
  private readonly open = new Map<string | undefined, Panel<Target>>();
  private readonly type: string;

  constructor(private readonly kind: PanelKind<Target>) {
    this.type = `tunesmith.${kind.name}`;
  }

  /** Shows the one of a script. */
  show(context: Context, target: Target): void {
    const open = this.open.get(target.uri);
    if (open) {
      open.show(target);
      return;
    }
    const title = [this.kind.title, scriptName(target)].filter(Boolean).join(': ');
    this.fill(context, window.createWebviewPanel(this.type, title, this.kind.place()), target);
  }

  /** Brings them back when the window is loaded anew. */
  restore(context: Context): Disposable {
    return window.registerWebviewPanelSerializer(this.type, {
      deserializeWebviewPanel: async (view: WebviewPanel, target: Target | undefined) => {
        if (target && this.kind.isRestored(target)) this.fill(context, view, target);
        else view.dispose();
      },
    });
  }

  /** Has all of them ask again, as what they rest on has changed. */
  refresh(): void {
    for (const panel of this.open.values()) panel.refresh();
  }

  private fill(context: Context, view: WebviewPanel, target: Target): void {
    view.iconPath = Uri.joinPath(context.extension.extensionUri, 'media', 'icon.svg');
    const panel = this.kind.make(context, view, target);
    this.open.set(target.uri, panel);
    view.onDidDispose(() => {
      this.open.delete(target.uri);
      panel.dispose();
    });
    const { name, title } = this.kind;
    fillPanel(context.extension, view, { name, title, data: target });
  }
}

/** One panel: what its web view asks, and what it is told. */
export abstract class Panel<
  Target extends PanelTarget,
  From = unknown,
  To extends { type: string } = ToAnyPanel<Target>,
> implements Disposable
{
  protected readonly listeners: Disposable[] = [];
  private step: Step | undefined;

  constructor(
    protected readonly context: Context,
    protected readonly view: WebviewPanel,
  ) {
    view.webview.onDidReceiveMessage((message: From | TakeStep) =>
      isTakeStep(message) ? runStep(this.step) : this.receive(message),
    );
  }

  protected abstract receive(message: From): Promise<void>;

  show(target: Target): void {
    this.reveal();
    this.send({ type: 'target', target });
  }

  refresh(): void {
    this.send({ type: 'changed' });
  }

  dispose(): void {
    for (const listener of this.listeners) listener.dispose();
  }

  protected reveal(): void {
    this.view.reveal();
  }

  protected send(message: To | ToAnyPanel<Target>): void {
    void this.view.webview.postMessage(message);
  }

  /** What an error says, and the command that the user can have run for it. */
  protected problemOf(error: unknown): Problem {
    this.step = stepOf(error);
    return { message: sentences(error), ...(this.step ? { step: this.step.title } : {}) };
  }

  /** Tells the user in the panel what came of a step. */
  protected async tell(step: () => Promise<string>): Promise<void> {
    const message = await step().catch(sentences);
    if (message) this.send({ type: 'notice', message });
  }
}

const isTakeStep = (message: unknown): message is TakeStep =>
  (message as { type?: unknown }).type === 'takeStep';
