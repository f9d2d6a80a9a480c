import { ThemeIcon, window } from 'vscode';
import type { Context } from '../context';
import { requireNetwork, requireTrust } from '../jobs/controller';
import { hfProgram } from '../launch';
import { accountPanels } from '../panels/account';
import { planPanels } from '../panels/plan';

/** Opens `hf auth login` in a terminal; what it stores is what the agent asks the Hub with. */
export async function signIn({ extension, output }: Context): Promise<void> {
  requireTrust();
  requireNetwork();
  const { command, args } = await hfProgram(extension, output);
  const terminal = window.createTerminal({
    name: 'Sign In to Hugging Face',
    iconPath: new ThemeIcon('key'),
    shellPath: command,
    shellArgs: [...args, 'auth', 'login'],
    isTransient: true,
  });
  const listener = window.onDidCloseTerminal((closed) => {
    if (closed !== terminal) return;
    listener.dispose();
    planPanels.refresh();
    accountPanels.refresh();
  });
  terminal.show();
}
