import type { Context } from '../context';
import { askedJob } from './showJobs';

/** Shows what a job prints: one by its id, or one that the user picks. */
export async function showLog(context: Context, given?: unknown): Promise<void> {
  const job = await askedJob(context, given, () => true, 'Show the log of a job');
  if (job) context.logs.show(job);
}
