// Signing in, by the Hub's own `hf auth login` in VS Code's terminal.
import assert from 'node:assert/strict';
import { describeEditor } from './harness.mjs';
import { TRAINING } from './samples.mjs';
import { jobsServer, ownAgent, TOKEN } from './services.mjs';

describeEditor(
  'an account',
  {
    files: { 'train.py': TRAINING },
    services: [ownAgent, jobsServer],
    env: { HF_TOKEN: '' },
    settings: { 'terminal.integrated.gpuAcceleration': 'off' },
  },
  (scenario) => {
    scenario('is missing at first', async ({ workbench, screenshot }) => {
      await workbench.openFile('train.py');
      await workbench.serverReady();
      await workbench.command('Tunesmith: Check Account');
      const account = workbench.webview();
      await account.getByRole('heading', { name: 'Account for train.py' }).waitFor();
      await account
        .getByText(/missing/)
        .first()
        .waitFor();
      assert.deepEqual(await workbench.unnamedControls(), []);
      await screenshot('account-missing');
    });

    scenario('is there after signing in', async ({ workbench, screenshot }) => {
      const account = workbench.webview();
      await account.getByRole('button', { name: 'Sign In' }).click();
      await workbench.terminal('How would you like to log in?').waitFor();
      await screenshot('sign-in');
      await workbench.press('ArrowDown', 'Enter');
      await workbench.terminal('Enter your token').waitFor();
      await workbench.page.keyboard.type(TOKEN);
      await workbench.press('Enter');
      // The terminal ends, and the panel asks again.
      await account.getByText('signed in as username').waitFor();
      await screenshot('account-signed-in');
    });
  },
);
