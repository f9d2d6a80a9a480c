/** The status item with the number of jobs that run, and a message when one has ended. */
import { commands, env, StatusBarAlignment, Uri, window } from 'vscode';
import type { Job } from '../agentProtocol';
import type { Context } from '../context';
import { sentence } from './problems';
import { isRunning, lasting, machineOf, runSeconds, stageOf } from './words';

const SHOW_LOG = 'Show Log';
const OPEN_PAGE = 'Open Page';
const RESUME = 'Resume';

export function createJobsStatus({ extension, jobs }: Context): void {
  const item = window.createStatusBarItem('jobs', StatusBarAlignment.Left);
  item.name = 'Tunesmith Jobs';
  item.command = 'tunesmith.showJobs';
  const update = () => {
    const { running } = jobs;
    const count = running.length === 1 ? '1 job' : `${running.length} jobs`;
    item.text = `$(server-process) ${count}`;
    item.tooltip = running
      .map((job) => `${job.name} on ${machineOf(job)}: ${stageOf(job)}`)
      .join('\n');
    item.accessibilityInformation = { label: `Tunesmith: ${count} running. Show jobs` };
    if (running.length > 0) item.show();
    else item.hide();
  };
  extension.subscriptions.push(item, jobs.onDidChange(update));
}

/** Tells that a job has been started, and, later, that it has ended. */
export async function tellStart({ jobs }: Context, job: Job): Promise<void> {
  if (!isRunning(job)) return tellEnd(job);
  const listener = jobs.onDidChange(() => {
    const now = jobs.find(job.id);
    if (!now || isRunning(now)) return;
    listener.dispose();
    void tellEnd(now);
  });
  // Nothing that is untrue a little later: messages stay for a while.
  const text = `Tunesmith: ${job.name} was started on ${machineOf(job)}.`;
  const steps = job.url ? [SHOW_LOG, OPEN_PAGE] : [SHOW_LOG];
  await offer(job, await window.showInformationMessage(text, ...steps));
}

async function tellEnd(job: Job): Promise<void> {
  const ran = runSeconds(job);
  const after = ran === undefined ? '' : ` after ${lasting(ran)}`;
  const why = job.message && job.stage !== 'COMPLETED' ? ` ${sentence(job.message)}` : '';
  const text = `Tunesmith: ${job.name} on ${machineOf(job)} ${stageOf(job)}${after}.${why}`;
  const isBad = job.stage === 'ERROR' || job.stage === 'NOT_SENT';
  const tell = isBad ? window.showErrorMessage : window.showInformationMessage;
  const steps = job.stage === 'ERROR' ? [SHOW_LOG, RESUME] : [SHOW_LOG];
  await offer(job, await tell(text, ...steps));
}

async function offer(job: Job, answer: string | undefined): Promise<void> {
  if (answer === SHOW_LOG) await commands.executeCommand('tunesmith.showLog', job.id);
  if (answer === RESUME) await commands.executeCommand('tunesmith.resumeJob', job.id);
  if (answer === OPEN_PAGE && job.url) await env.openExternal(Uri.parse(job.url));
}
