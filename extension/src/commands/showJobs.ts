import {
  commands,
  env,
  type QuickInputButton,
  type QuickPickItem,
  QuickPickItemKind,
  ThemeIcon,
  Uri,
  window,
} from 'vscode';
import { CANCEL, type Job, RERUN } from '../agentProtocol';
import type { Context } from '../context';
import { type JobsController, requireTrust } from '../jobs/controller';
import { showProblem } from '../jobs/problems';
import { tellStart } from '../jobs/status';
import { hasStopped, iconOf, isRunning, machineOf, progressOf, scriptOf } from '../jobs/words';

const ASK_ENGINES: QuickInputButton = {
  iconPath: new ThemeIcon('refresh'),
  tooltip: 'Ask Hugging Face for jobs that were started elsewhere',
};
const TICK_MS = 5000;

interface Action extends QuickPickItem {
  run(): unknown;
}

interface Item extends QuickPickItem {
  job?: Job;
  run?(): unknown;
}

/** Lists the jobs, and what can be done with the one that is picked. */
export async function showJobs(context: Context): Promise<void> {
  requireTrust();
  const job = await pickJob(context);
  if (job) await offerActions(context, job);
}

/** What a command is about: a job's id that it was given, or one that the user picks. */
export async function askedJob(
  context: Context,
  given: unknown,
  suits: (job: Job) => boolean,
  title: string,
): Promise<Job | undefined> {
  requireTrust();
  if (typeof given === 'string') return context.jobs.find(given) ?? context.jobs.inspect(given);
  return pickJob(context, suits, title);
}

function pickJob(
  { jobs }: Context,
  suits: (job: Job) => boolean = () => true,
  title = 'Jobs',
): Promise<Job | undefined> {
  const quickPick = window.createQuickPick<Item>();
  quickPick.title = title;
  quickPick.matchOnDescription = true;
  quickPick.matchOnDetail = true;
  quickPick.buttons = [ASK_ENGINES];
  const fill = () => {
    const active = quickPick.activeItems[0]?.job?.id;
    quickPick.items = itemsOf(jobs, jobs.all.filter(suits));
    const same = quickPick.items.filter(({ job }) => job && job.id === active);
    if (same.length > 0) quickPick.activeItems = same;
  };
  const ask = async (refresh: boolean) => {
    quickPick.busy = true;
    quickPick.placeholder = 'Asking …';
    const problems = await jobs.refresh({ refresh }).catch((error: Error) => {
      void showProblem(error);
      return [error.message];
    });
    quickPick.placeholder = problems.join(' ') || 'Choose a job';
    quickPick.busy = false;
    fill();
  };
  const listener = jobs.onDidChange(fill);
  const timer = setInterval(fill, TICK_MS);
  void ask(false);
  return new Promise<Job | undefined>((resolve) => {
    quickPick.onDidAccept(() => {
      const [item] = quickPick.selectedItems;
      resolve(item?.job);
      quickPick.hide();
      item?.run?.();
    });
    quickPick.onDidTriggerButton(() => void ask(true));
    quickPick.onDidHide(() => resolve(undefined));
    quickPick.show();
  }).finally(() => {
    clearInterval(timer);
    listener.dispose();
    quickPick.dispose();
  });
}

function itemsOf(jobs: JobsController, found: readonly Job[]): Item[] {
  if (found.length === 0) {
    const submit = () => commands.executeCommand('tunesmith.submitJob');
    return [{ label: '$(rocket) Submit Job', detail: 'There are no jobs yet.', run: submit }];
  }
  const running = found.filter(isRunning);
  const ended = found.filter((job) => !isRunning(job));
  return [...group(jobs, 'running', running), ...group(jobs, 'ended', ended)];
}

function group(jobs: JobsController, label: string, found: readonly Job[]): Item[] {
  if (found.length === 0) return [];
  return [{ label, kind: QuickPickItemKind.Separator }, ...found.map((job) => item(jobs, job))];
}

function item(jobs: JobsController, job: Job): Item {
  const detail = [scriptOf(job), job.message].filter(Boolean).join(' · ');
  return {
    label: `$(${iconOf(job)}) ${job.name}`,
    description: [machineOf(job), progressOf(job), ...costOf(jobs, job)].join(' · '),
    ...(detail ? { detail } : {}),
    job,
  };
}

function costOf(jobs: JobsController, job: Job): string[] {
  const dollars = jobs.dollars(job);
  return dollars === undefined ? [] : [`≈ $${dollars.toFixed(2)}`];
}

async function offerActions(context: Context, job: Job): Promise<void> {
  const title = `${job.name} on ${machineOf(job)}`;
  const placeHolder = progressOf(job);
  const chosen = await window.showQuickPick(actions(context, job), { title, placeHolder });
  try {
    await chosen?.run();
  } catch (error) {
    void showProblem(error);
  }
}

function actions(context: Context, job: Job): Action[] {
  const { url, script } = job;
  const page = () => env.openExternal(Uri.parse(url ?? ''));
  const copy = () => env.clipboard.writeText(job.remoteId ?? job.id);
  const open = () => window.showTextDocument(Uri.file(script));
  const resume = () => commands.executeCommand('tunesmith.resumeJob', job.id);
  const action = (label: string, run: () => unknown, suits: unknown = true): Action[] =>
    suits ? [{ label, run }] : [];
  return [
    ...action('$(output) Show Log', () => context.logs.show(job)),
    ...action('$(stop-circle) Cancel Job …', () => cancel(context, job), isRunning(job)),
    ...action('$(debug-continue) Resume from the Last Checkpoint …', resume, hasStopped(job)),
    ...action('$(debug-restart) Run Again …', () => rerun(context, job), !isRunning(job)),
    ...action('$(link-external) Open Page', page, url),
    ...action('$(file-code) Open Script', open, script),
    ...action('$(copy) Copy ID', copy),
  ];
}

async function cancel({ jobs }: Context, job: Job): Promise<void> {
  const question = `Stop ${job.name} on ${machineOf(job)}?`;
  const detail = 'What it has not pushed or saved elsewhere is lost.';
  const answer = await window.showWarningMessage(question, { modal: true, detail }, 'Stop Job');
  if (answer) jobs.remember(await jobs.request<Job>(CANCEL, { id: job.id }));
}

async function rerun(context: Context, job: Job): Promise<void> {
  const question = `Run ${job.name} again on ${machineOf(job)}?`;
  const paid = job.engine === 'hf' ? ' It is paid for again.' : '';
  const detail = `The same script with the same arguments.${paid}`;
  const answer = await window.showWarningMessage(question, { modal: true, detail }, 'Run Again');
  if (!answer) return;
  const again = job.engine === 'hf' ? 'requestOnline' : 'request';
  const started = await context.jobs[again]<Job>(RERUN, { id: job.id });
  context.jobs.remember(started);
  void tellStart(context, started);
}
