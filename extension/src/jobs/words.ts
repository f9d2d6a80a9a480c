/** Jobs in words. */
import * as path from 'node:path';
import type { Job } from '../agentProtocol';

const STAGES: Record<Job['stage'], { icon: string; label: string }> = {
  SENDING: { icon: 'loading~spin', label: 'being sent' },
  NOT_SENT: { icon: 'circle-slash', label: 'not sent' },
  SCHEDULING: { icon: 'watch', label: 'waiting' },
  RUNNING: { icon: 'play-circle', label: 'running' },
  COMPLETED: { icon: 'pass', label: 'completed' },
  CANCELED: { icon: 'circle-slash', label: 'canceled' },
  ERROR: { icon: 'error', label: 'failed' },
  DELETED: { icon: 'trash', label: 'deleted' },
};

export const iconOf = ({ stage }: Job) => STAGES[stage].icon;
export const stageOf = ({ stage }: Job) => STAGES[stage].label;

export const isRunning = ({ stage }: Job) =>
  stage === 'SENDING' || stage === 'SCHEDULING' || stage === 'RUNNING';

/** Whether it can go on from where it stopped. */
export const hasStopped = ({ stage }: Job) => stage === 'ERROR' || stage === 'CANCELED';

export const machineOf = ({ engine, flavor }: Job) =>
  engine === 'local' ? 'this machine' : (flavor ?? 'Hugging Face');

export const scriptOf = ({ script }: Job) => (script ? path.basename(script) : '');

/** "4 min" of seconds. */
export function lasting(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.max(0, Math.round(seconds))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Seconds that it has run so far, or in all; undefined where it has not begun. */
export function runSeconds(job: Job, now = Date.now() / 1000): number | undefined {
  if (job.started == null) return undefined;
  return Math.max(0, (job.finished ?? (isRunning(job) ? now : job.started)) - job.started);
}

/** "running for 4 min", "completed after 2 h 3 min, 3 d ago". */
export function progressOf(job: Job, now = Date.now() / 1000): string {
  const ran = runSeconds(job, now);
  const label = stageOf(job);
  if (isRunning(job))
    return ran === undefined
      ? `${label} for ${lasting(now - job.created)}`
      : `${label} for ${lasting(ran)}`;
  const after = ran === undefined || job.finished == null ? '' : ` after ${lasting(ran)}`;
  return `${label}${after}, ${lasting(now - (job.finished ?? job.created))} ago`;
}
