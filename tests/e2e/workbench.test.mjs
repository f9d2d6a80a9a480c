// What a user sees and does in VS Code with the packaged extension.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { describeEditor } from './harness.mjs';
import { NOTEBOOK, README, RUN, TRAIN } from './samples.mjs';

const files = {
  'train.py': TRAIN,
  'hover.py': TRAIN,
  'header.py': '# /// script\n# dependencies = [\n#     "trl<0.25",\n# ]\n# ///\nimport trl\n',
  'fix.py': TRAIN,
  'broken.py': TRAIN,
  'fix-all.sh': RUN,
  'notebook.ipynb': NOTEBOOK,
  'README.md': README,
};

const found = (rows) =>
  rows.map(({ severity, rule, line, column }) => `${line}:${column} ${severity} ${rule}`);

// What is typed stays as it is typed.
const settings = { 'editor.autoClosingBrackets': 'never', 'editor.autoIndent': 'none' };

describeEditor('the workbench', { files, settings }, (scenario) => {
  const problemsOf = async (workbench, name) =>
    found((await workbench.settledProblems()).filter(({ file }) => file === name));

  scenario('shows the mistakes of a script', async ({ workbench, screenshot }) => {
    await workbench.openFile('train.py');
    await workbench.serverReady();
    await workbench.waitForSquiggle('error');
    assert.deepEqual(await problemsOf(workbench, 'train.py'), [
      '11:5 error misplaced-model-init-kwargs',
    ]);
    await screenshot('script');
  });

  scenario('explains a mistake under the mouse', async ({ workbench, screenshot }) => {
    await workbench.openFile('hover.py');
    await workbench.waitForSquiggle('error');
    const text = await workbench.hover('model_init_kwargs', /About misplaced-model-init-kwargs/);
    assert.match(text, /unexpected keyword argument/);
    await screenshot('hover');
  });

  scenario('tells the release that a requirement gets', async ({ workbench, screenshot }) => {
    await workbench.openFile('header.py');
    const text = await workbench.hover('"trl<0.25"', /0\.24\.0/);
    assert.match(text, /newest/);
    await screenshot('header');
  });

  scenario('fixes a mistake by a click', async ({ workbench, workspace, screenshot }) => {
    await workbench.openFile('fix.py');
    await workbench.waitForSquiggle('error');
    const titles = await workbench.quickFixes(11, 8);
    const title = titles.find((text) => /SFTConfig/.test(text));
    assert.ok(title, `no fix names SFTConfig: ${titles}`);
    await screenshot('quick-fix');
    await workbench.applyQuickFix(title);
    await workbench.save();
    const fixed = fs.readFileSync(path.join(workspace, 'fix.py'), 'utf8');
    assert.match(fixed, /SFTConfig\([^)]*model_init_kwargs=\{"dtype": "bfloat16"\}/);
    assert.equal(fixed.match(/model_init_kwargs/g).length, 1);
    assert.deepEqual(await problemsOf(workbench, 'fix.py'), []);
  });

  scenario('fixes all mistakes of a file', async ({ workbench, workspace, screenshot }) => {
    await workbench.openFile('fix-all.sh');
    await workbench.waitForSquiggle('error');
    await workbench.command('Tunesmith: Fix All in File');
    await workbench.save();
    assert.equal(
      fs.readFileSync(path.join(workspace, 'fix-all.sh'), 'utf8'),
      'hf jobs uv run --flavor l4x1 --timeout 2h --secrets HF_TOKEN train.py\n' +
        'hf jobs uv run --secrets HF_TOKEN --flavor l4x1 --timeout 2h train.py\n',
    );
    assert.deepEqual(await problemsOf(workbench, 'fix-all.sh'), []);
    await screenshot('fix-all');
  });

  scenario('checks the cells of a notebook', async ({ workbench, screenshot }) => {
    await workbench.openFile('notebook.ipynb');
    const squiggle = workbench.page.locator('.notebookOverlay .squiggly-error').first();
    await squiggle.waitFor({ state: 'attached' });
    assert.deepEqual(await problemsOf(workbench, 'notebook.ipynb'), ['1:17 error secret-singular']);
    await screenshot('notebook');
  });

  scenario('checks the commands in Markdown, not the counter-examples', async (editor) => {
    const { workbench, screenshot } = editor;
    await workbench.openFile('README.md');
    await workbench.waitForSquiggle('error');
    assert.deepEqual(await problemsOf(workbench, 'README.md'), ['4:16 error secret-singular']);
    await screenshot('markdown');
  });

  scenario('keeps its findings while the code is broken', async ({ workbench, screenshot }) => {
    await workbench.openFile('broken.py');
    await workbench.waitForSquiggle('error');
    await workbench.goTo(6);
    await workbench.type('epochs = (\n');
    assert.deepEqual(await problemsOf(workbench, 'broken.py'), [
      '12:5 error misplaced-model-init-kwargs',
    ]);
    await screenshot('broken');
  });
});

const ARGUMENTS = `import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--lr")
`;

describeEditor(
  'a script and the command that launches it',
  { files: { 'train.py': ARGUMENTS, 'run.sh': 'hf jobs uv run train.py --flavor vanilla\n' } },
  (scenario) => {
    scenario('an option of the script changes the findings of run.sh', async (editor) => {
      const { workbench, screenshot } = editor;
      await workbench.openFile('run.sh');
      await workbench.serverReady();
      await workbench.waitForSquiggle('warning');
      assert.deepEqual(found(await workbench.settledProblems()), [
        '1:25 warning flags-after-script',
      ]);
      await workbench.openFile('train.py');
      await workbench.goTo(4);
      await workbench.type('parser.add_argument("--flavor")\n');
      assert.deepEqual(found(await workbench.settledProblems()), [
        '1:25 warning swallowed-script-argument',
      ]);
      await screenshot('launched-script');
    });
  },
);

describeEditor(
  'a workspace that is not trusted',
  { files: { 'train.py': TRAIN }, trust: false },
  (scenario) => {
    scenario('is checked in Restricted Mode', async ({ workbench, screenshot }) => {
      await workbench.page.getByText('Restricted Mode', { exact: true }).first().waitFor();
      await workbench.openFile('train.py');
      await workbench.serverReady();
      await workbench.waitForSquiggle('error');
      await screenshot('restricted-mode');
    });

    scenario('runs no job', async ({ workbench, screenshot }) => {
      await workbench.lens('Submit Job').click();
      await workbench.notification('in which files are only checked').waitFor();
      await screenshot('restricted-job');
    });
  },
);
