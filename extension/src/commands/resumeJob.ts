import { Uri } from 'vscode';
import type { Context } from '../context';
import { hasStopped } from '../jobs/words';
import { planPanels } from '../panels/plan';
import { askedJob } from './showJobs';

/** Shows the plan of a job that goes on from the last checkpoint that another one pushed. */
export async function resumeJob(context: Context, given?: unknown): Promise<void> {
  const job = await askedJob(context, given, hasStopped, 'Resume a job from its last checkpoint');
  if (!job) return;
  planPanels.show(context, { uri: Uri.file(job.script).toString(), choices: {}, resume: job.id });
}
