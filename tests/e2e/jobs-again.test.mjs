// What goes on: a log when the window is loaded anew, a training from its last checkpoint.
import assert from 'node:assert/strict';
import { describeEditor } from './harness.mjs';
import { agreeAndSubmit, planOf, submit } from './plans.mjs';
import { RESUMABLE, STREAMS } from './samples.mjs';
import { jobsOf, jobsServer, ownAgent } from './services.mjs';

const stepOf = (line) => Number(/^step (\d+)$/.exec(line)?.[1]);

/** The numbers of the steps in the log on the screen. */
const stepsOf = async (workbench) =>
  (await workbench.outputLines()).map(stepOf).filter((step) => !Number.isNaN(step));

describeEditor(
  'a job that streams its log',
  { files: { 'streams.py': STREAMS }, services: [ownAgent, jobsServer] },
  (scenario) => {
    scenario('is followed on when the window is loaded anew', async (editor) => {
      const { workbench, screenshot } = editor;
      const plan = await planOf(workbench, 'streams.py');
      await agreeAndSubmit(plan);
      await workbench.notification('streams was started').getByText('Show Log').click();
      await workbench.output('step 8').waitFor();
      const before = Math.max(...(await stepsOf(workbench)));
      await workbench.command('Developer: Reload Window');
      await workbench.status('1 job').waitFor({ timeout: 60_000 });
      await workbench.outputReaches('step', before + 8);
      const steps = await stepsOf(workbench);
      assert.ok(steps.length > 4, `steps in the log: ${steps}`);
      // None is missing, none comes twice.
      assert.deepEqual(
        steps,
        Array.from(steps, (_, index) => steps[0] + index),
      );
      await screenshot('job-reloaded');
    });

    scenario('is stopped', async ({ workbench }) => {
      await workbench.command('Tunesmith: Show Jobs');
      await workbench.row('streams').click();
      await workbench.row('Cancel Job').click();
      await workbench.dialogButton('Stop Job').click();
      await workbench.output('canceled').waitFor();
    });
  },
);

describeEditor(
  'a training that has failed',
  { files: { 'train.py': RESUMABLE }, services: [ownAgent, jobsServer] },
  (scenario) => {
    scenario('says so', async ({ workbench, screenshot }) => {
      const plan = await planOf(workbench, 'train.py');
      await agreeAndSubmit(plan);
      await workbench.notification('a10g-small failed').waitFor();
      await screenshot('job-failed');
    });

    scenario('goes on from its last checkpoint', async (editor) => {
      const { workbench, services, screenshot } = editor;
      await workbench.notification('a10g-small failed').getByText('Resume').click();
      const plan = workbench.webview();
      await plan.getByRole('heading', { name: 'Resume train.py' }).waitFor();
      const change = plan.locator('.diff .added', { hasText: 'resume_from_checkpoint=' });
      await change.waitFor();
      await screenshot('plan-resume');
      await submit(plan);
      await workbench.notification('train on a10g-small completed').waitFor();
      await workbench.notification('train on a10g-small completed').getByText('Show Log').click();
      await workbench.output('goes on from of/me/support/last-checkpoint').waitFor();
      assert.equal((await jobsOf(services)).length, 2);
      await screenshot('job-resumed');
    });
  },
);
