// From a script to a running job in VS Code, on this machine and on Hugging Face Jobs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describeEditor } from './harness.mjs';
import { planOf } from './plans.mjs';
import { JOB, MISTAKEN, TALKS, TRAINING } from './samples.mjs';
import { jobsOf, jobsServer, ownAgent, TOKEN } from './services.mjs';

const SECRET = 'secret_of_tests';

const filesUnder = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

const jobRows = (workbench) =>
  workbench.page.locator('.quick-input-list .monaco-list-row[aria-label*="this machine"]');

describeEditor(
  'a job on this machine',
  {
    files: { 'talks.py': TALKS },
    services: [ownAgent],
    settings: { 'workbench.colorTheme': 'Default Dark Modern' },
  },
  (scenario) => {
    scenario('is planned', async ({ workbench, screenshot }) => {
      const plan = await planOf(workbench, 'talks.py');
      assert.equal(await plan.getByLabel('This machine').isChecked(), true);
      await screenshot('plan-local');
    });

    scenario('is one job also after a double click', async ({ workbench, screenshot }) => {
      await workbench.webview().getByRole('button', { name: 'Run on This Machine' }).dblclick();
      await workbench.notification('talks was started').waitFor();
      await workbench.status('1 job').waitFor();
      await workbench.command('Tunesmith: Show Jobs');
      await jobRows(workbench).first().waitFor();
      assert.equal(await jobRows(workbench).count(), 1);
      await screenshot('jobs-running');
      await workbench.press('Escape');
    });

    scenario('shows what it prints', async ({ workbench, screenshot }) => {
      await workbench.notification('talks was started').getByText('Show Log').click();
      await workbench.output('step 4').waitFor();
      await screenshot('job-log');
    });

    scenario('goes on when the window is loaded anew', async ({ workbench }) => {
      await workbench.command('Developer: Reload Window');
      await workbench.status('1 job').waitFor({ timeout: 60_000 });
      await workbench.output(/step\s\d{2,}/).waitFor();
    });

    scenario('is seen, and stopped, in another window', async (editor) => {
      const { workbench, openWindow, screenshot } = editor;
      const other = await openWindow();
      await other.openFile('talks.py');
      await other.serverReady();
      await other.command('Tunesmith: Show Jobs');
      await other.row('talks').click();
      await other.row('Cancel Job').waitFor();
      await screenshot('job-actions', other);
      await other.row('Cancel Job').click();
      await other.dialogButton('Stop Job').click();
      await workbench.output('canceled').waitFor();
      await workbench.status('1 job').waitFor({ state: 'detached' });
      await other.close();
      await screenshot('job-canceled');
    });

    scenario('is not resumed where it has pushed nothing', async ({ workbench, screenshot }) => {
      await workbench.command('Tunesmith: Resume Job');
      await workbench.row('talks').click();
      await workbench.webview().getByText('talks.py cannot go on where it ended').waitFor();
      await screenshot('resume-refused');
    });
  },
);

describeEditor(
  'a job on Hugging Face',
  {
    files: {
      'train.py': TRAINING,
      'job.py': JOB,
      'mistaken.py': MISTAKEN,
      '.vscode/settings.json': '{}',
    },
    services: [ownAgent, jobsServer],
  },
  (scenario) => {
    scenario('is planned with its price', async ({ workbench, screenshot }) => {
      const plan = await planOf(workbench, 'train.py');
      await plan.getByText(/^Prices of 2/).waitFor();
      await screenshot('plan');
      await plan.getByText('The same on the command line').scrollIntoViewIfNeeded();
      await screenshot('plan-details');
    });

    scenario('is planned anew for another machine', async ({ workbench, screenshot }) => {
      const plan = workbench.webview();
      await plan.getByLabel('Machine', { exact: true }).selectOption('l40sx1');
      await plan.locator('pre', { hasText: '--flavor l40sx1' }).waitFor();
      await plan.getByLabel('Timeout').fill('8h');
      await plan.locator('pre', { hasText: '--timeout 8h' }).waitFor();
      await screenshot('plan-changed');
    });

    scenario('can be tried with a tiny model first', async ({ workbench, screenshot }) => {
      const plan = workbench.webview();
      await plan.getByRole('button', { name: 'Smoke Test First' }).click();
      await plan.getByRole('heading', { name: 'Smoke test of train.py' }).waitFor();
      await plan.locator('.diff .added').first().waitFor();
      await screenshot('plan-smoke');
      await plan.getByRole('button', { name: 'Back to the Job' }).click();
      await plan.locator('pre', { hasText: '--flavor l40sx1' }).waitFor();
    });

    scenario('has its choices written into the script', async (editor) => {
      const { workbench, workspace } = editor;
      const plan = workbench.webview();
      await plan.getByRole('button', { name: 'Write to Script' }).click();
      await plan.getByText('Wrote flavor = "l40sx1", timeout = "8h"').waitFor();
      const text = fs.readFileSync(path.join(workspace, 'train.py'), 'utf8');
      assert.match(text, /# flavor = "l40sx1"\n# timeout = "8h"/);
      await plan.getByRole('button', { name: 'Cancel' }).click();
    });

    scenario('is checked against the account', async ({ workbench, screenshot }) => {
      const plan = await planOf(workbench, 'train.py');
      await plan.getByRole('button', { name: 'Check Account' }).click();
      const account = workbench.webview();
      await account.getByRole('heading', { name: 'Account for train.py' }).waitFor();
      await account.getByText('username').first().waitFor();
      await screenshot('account');
    });

    scenario('waits for what is missing', async ({ workbench, screenshot }) => {
      const plan = await planOf(workbench, 'job.py');
      const submit = plan.getByRole('button', { name: 'Submit', exact: true });
      assert.equal(await submit.isDisabled(), true);
      await plan.getByText('Give WANDB_API_KEY a value.').waitFor();
      await screenshot('plan-questions');
      await plan.getByLabel('Give the value of WANDB_API_KEY').click();
      const input = workbench.page.locator('.quick-input-widget input[type="password"]');
      await input.fill(SECRET);
      await workbench.press('Enter');
      await plan.getByText('Give WANDB_API_KEY a value.').waitFor({ state: 'detached' });
      // It is another button now, which has the focus that the first one had.
      await plan.locator('#secret-WANDB_API_KEY:focus', { hasText: 'Change' }).waitFor();
      assert.deepEqual(await workbench.unnamedControls(), []);
      await plan.getByLabel('Let this script have').check();
      await submit.and(plan.locator('[aria-disabled="false"]')).waitFor();
    });

    scenario('runs once, with its secrets', async ({ workbench, services, screenshot }) => {
      const plan = workbench.webview();
      await plan.getByRole('button', { name: 'Submit', exact: true }).dblclick();
      await workbench.notification('job was started').getByText('Show Log').click();
      await workbench.output('WANDB_API_KEY is set').waitFor();
      await workbench.output('HF_TOKEN is set').waitFor();
      await screenshot('job-remote');
      await workbench.output('completed after').waitFor();
      await workbench.notification('job on cpu-basic completed').waitFor();
      await screenshot('job-completed');
      assert.equal((await jobsOf(services)).length, 1);
      await workbench.clearNotifications();
    });

    scenario('is blocked by a mistake until that is overridden', async (editor) => {
      const { workbench, screenshot } = editor;
      const plan = await planOf(workbench, 'mistaken.py');
      const submit = plan.getByRole('button', { name: 'Submit', exact: true });
      await plan.getByLabel('Let this script have').check();
      await plan.getByText('Override the finding that blocks.').waitFor();
      assert.equal(await submit.isDisabled(), true);
      await screenshot('plan-blocked');
      await plan.getByLabel('Run anyway').check();
      await submit.click();
      await workbench.notification('mistaken was started').waitFor();
      await workbench.clearNotifications();
    });

    scenario('begins with a template', async ({ workbench, screenshot }) => {
      await workbench.command('Tunesmith: New Training Script');
      await workbench.row('Conversations, with LoRA').waitFor();
      await screenshot('new-templates');
      await workbench.row('Conversations, with LoRA').click();
      const input = workbench.page.locator('.quick-input-widget input');
      for (const [question, answer] of [
        ['Which model', 'Qwen/Qwen3-1.7B'],
        ['Which data set', 'trl-lib/Capybara'],
        ['Where to push', 'support-chat'],
        ['Tokens of', '2048'],
      ]) {
        await workbench.page.locator('.quick-input-widget', { hasText: question }).waitFor();
        await input.fill(answer);
        await screenshot(`new-${question.split(' ')[1]}`);
        await workbench.press('Enter');
      }
      const save = workbench.page.locator('.quick-input-widget .monaco-button', { hasText: 'OK' });
      await save.waitFor();
      await workbench.page.waitForFunction(() =>
        document.querySelector('.quick-input-widget input').value.endsWith('/sft_lora.py'),
      );
      await screenshot('new-file');
      await save.click();
      await workbench.notification('sft_lora.py runs on').waitFor();
      await screenshot('new-script');
      await workbench.notification('sft_lora.py runs on').getByText('Submit Job').click();
      const plan = workbench.webview();
      await plan.getByRole('heading', { name: 'Submit sft_lora.py' }).waitFor();
      await plan.locator('main:not(.stale)').waitFor();
      await screenshot('new-plan');
      await plan.getByRole('button', { name: 'Cancel' }).click();
    });

    scenario('is refused where nothing may be sent', async (editor) => {
      const { workbench, screenshot } = editor;
      await workbench.openFile('settings.json');
      await workbench.replaceText('{ "tunesmith.network": "off" }');
      await workbench.save();
      const plan = await planOf(workbench, 'job.py');
      await plan.getByText('it runs with HF_HUB_OFFLINE').waitFor();
      await plan.getByText('UV_OFFLINE=1').waitFor();
      await plan.getByLabel('Hugging Face Jobs').check();
      await plan.getByText('tunesmith.network is "off", so nothing is sent.').waitFor();
      assert.equal(
        await plan.getByRole('button', { name: 'Submit', exact: true }).isDisabled(),
        true,
      );
      await screenshot('plan-offline');
    });

    scenario('leaves no secret behind', async ({ workspace }) => {
      const root = path.dirname(workspace);
      const folders = ['state', 'profile/user-data', 'profile/home'].map((each) =>
        path.join(root, each),
      );
      const found = folders.flatMap(filesUnder).filter((file) => {
        const data = fs.readFileSync(file);
        return [TOKEN, SECRET].some((secret) => data.includes(secret));
      });
      assert.deepEqual(found, []);
      assert.ok(fs.existsSync(path.join(root, 'state', 'agent.log')));
    });
  },
);
