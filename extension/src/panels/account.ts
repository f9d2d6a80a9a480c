/** The panel that says whether the account can do what a script asks for. */
import { commands, env, Uri, type WebviewPanel, workspace } from 'vscode';
import { DOCTOR, type DoctorParams, type DoctorResult } from '../agentProtocol';
import type { Context } from '../context';
import { availableNames } from '../jobs/secrets';
import type { AccountTarget, FromAccount, ToAccount } from './accountMessages';
import { besideScripts } from './page';
import { Panel, Panels } from './panel';

export const accountPanels = new Panels<AccountTarget>({
  name: 'account',
  title: 'Account',
  place: besideScripts,
  isRestored: () => workspace.isTrusted,
  make: (context, view, target) => new AccountPanel(context, view, target),
});

class AccountPanel extends Panel<AccountTarget, FromAccount, ToAccount> {
  constructor(
    context: Context,
    view: WebviewPanel,
    private readonly target: AccountTarget,
  ) {
    super(context, view);
  }

  protected async receive(message: FromAccount): Promise<void> {
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
      this.send({ type: 'problem', problem: this.problemOf(error) });
    }
  }
}
