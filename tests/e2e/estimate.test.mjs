// What a user sees of a training's memory, and chooses, in VS Code with the packaged extension.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describeEditor } from './harness.mjs';
import { ESTIMATED } from './samples.mjs';

describeEditor('estimates', { files: { 'train.py': ESTIMATED } }, (scenario) => {
  scenario('stand above the trainer', async ({ workbench, screenshot }) => {
    await workbench.openFile('train.py');
    await workbench.serverReady();
    await workbench.lens('≈ 18 GB · no GPU chosen').waitFor();
    await screenshot('estimate-lens');
  });

  scenario('explain what a value costs', async ({ workbench, screenshot }) => {
    const text = await workbench.hover('max_length', /GPU memory/);
    assert.match(text, /1,024 tokens more cost about/);
    await screenshot('estimate-hover');
    await workbench.press('Escape');
  });

  scenario('let a GPU be chosen', async ({ workbench, workspace, screenshot }) => {
    await workbench.lens('Choose GPU').click();
    const row = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'l4x1' });
    await row.first().waitFor();
    await screenshot('estimate-gpus');
    await row.first().click();
    await workbench.lens('≈ 18 of 24 GB on l4x1').waitFor();
    await workbench.save();
    const text = fs.readFileSync(path.join(workspace, 'train.py'), 'utf8');
    assert.match(text, /^# \[tool\.hf-jobs\]\n# flavor = "l4x1"\n# \/\/\/$/m);
  });

  scenario('follow a slider, and are written', async ({ workbench, workspace, screenshot }) => {
    await workbench.lens('≈ 18 of 24 GB').click();
    const panel = workbench.webview();
    const memory = panel.locator('.tile .large').first();
    await memory.filter({ hasText: '≈ 18.5 of 23.7 GB' }).waitFor();
    await panel.getByLabel('Length').press('ArrowRight');
    await panel.getByText('4,096 tokens').waitFor();
    await memory.filter({ hasText: '≈ 19.6 of 23.7 GB' }).waitFor();
    await screenshot('estimate-panel');
    await panel.getByRole('button', { name: 'Write to Script' }).click();
    await panel.getByText('Wrote max_length=4096.').waitFor();
    await workbench.command('File: Save All Files');
    await workbench.page.locator('.tab.dirty').waitFor({ state: 'detached' });
    const text = fs.readFileSync(path.join(workspace, 'train.py'), 'utf8');
    assert.match(text, /max_length=4096,/);
  });

  scenario('are tried by the keyboard alone', async ({ workbench }) => {
    const panel = workbench.webview();
    assert.deepEqual(await workbench.unnamedControls(), []);
    await workbench.press('Control+2');
    await workbench.tabTo(panel.getByLabel('Length'));
    await workbench.press('ArrowRight');
    await panel.getByText('8,192 tokens').waitFor();
    await workbench.tabTo(panel.getByRole('button', { name: 'Write to Script' }));
    await workbench.press('Enter');
    await panel.getByText('Wrote max_length=8192.').waitFor();
    // It can do nothing more, and keeps the focus.
    await panel.locator('button[aria-disabled="true"]:focus', { hasText: 'Write' }).waitFor();
  });
});
