/** The panel that says whether the account can do what a script asks for. */
import * as path from 'node:path';
import { commands, type Disposable, env, Uri, type WebviewPanel, window, workspace } from 'vscode';
import { DOCTOR, type DoctorParams, type DoctorResult } from '../agentProtocol';
import type { Context } from '../context';
import { sentences } from '../jobs/problems';
import { availableNames } from '../jobs/secrets';
import type { AccountTarget, FromAccount, ToAccount } from './accountMessages';
import { besideScripts, fillPanel } from './page';

const TYPE = 'tunesmith.account';
const panels = new Map<string | undefined, AccountPanel>();

/** Shows the panel of a script, or of the account alone. */
export function showAccountPanel(context: Context, target: AccountTarget): void {
  const open = panels.get(target.uri);
  if (open) {
    open.show();
    return;
  }
  const panel = window.createWebviewPanel(TYPE, 'Account', besideScripts());
  panels.set(target.uri, new AccountPanel(context, panel, target));
}

/** Brings the panels back when the window is loaded anew. */
export function restoreAccountPanels(context: Context): Disposable {
  return window.registerWebviewPanelSerializer(TYPE, {
    deserializeWebviewPanel: async (panel: WebviewPanel, target: AccountTarget | undefined) => {
      if (target && workspace.isTrusted)
        panels.set(target.uri, new AccountPanel(context, panel, target));
      else panel.dispose();
    },
  });
}

/** Who is signed in has changed. */
export function refreshAccounts(): void {
  for (const panel of panels.values()) panel.show({ reveal: false });
}

class AccountPanel {
  constructor(
    private readonly context: Context,
    private readonly panel: WebviewPanel,
    private readonly target: AccountTarget,
  ) {
    const script = target.uri && path.posix.basename(Uri.parse(target.uri).path);
    panel.webview.onDidReceiveMessage((message: FromAccount) => this.receive(message));
    const data = { ...target, script };
    fillPanel(context.extension, panel, { name: 'account', title: 'Account', data });
    panel.onDidDispose(() => panels.delete(target.uri));
  }

  show({ reveal = true } = {}): void {
    if (reveal) this.panel.reveal();
    this.send({ type: 'changed' });
  }

  private send(message: ToAccount): void {
    void this.panel.webview.postMessage(message);
  }

  private async receive(message: FromAccount): Promise<void> {
    if (message.type === 'signIn') await commands.executeCommand('tunesmith.signIn');
    else if (message.type === 'open') await env.openExternal(Uri.parse(message.url));
    else await this.ask();
  }

  private async ask(): Promise<void> {
    const script = this.target.uri ? Uri.parse(this.target.uri).fsPath : '';
    const params: DoctorParams = { script, available: availableNames() };
    try {
      const result = await this.context.jobs.requestOnline<DoctorResult>(DOCTOR, params);
      this.send({ type: 'result', result });
    } catch (error) {
      this.send({ type: 'problem', message: sentences(error) });
    }
  }
}
