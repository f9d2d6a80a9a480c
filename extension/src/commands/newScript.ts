import * as path from 'node:path';
import {
  type Disposable,
  type QuickInput,
  QuickInputButtons,
  type QuickPickItem,
  Uri,
  window,
  workspace,
} from 'vscode';
import { AgentError } from '../agent';
import type { Context } from '../context';
import { requireTrust } from '../jobs/controller';
import { sentence } from '../jobs/problems';
import { tunesmithProgram } from '../launch';
import { planPanels } from '../panels/plan';
import { run } from '../process';

const TITLE = 'New Training Script';
const LIMIT_MS = 60_000;

/** As `tunesmith new --json` lists it. */
interface Template {
  name: string;
  title: string;
  about: string;
  parameters: { name: string; question: string; default: string | number | boolean }[];
}

/** As `tunesmith new TEMPLATE --json` tells of what it wrote. */
interface Written {
  flavor: string;
  timeout: string;
  verdict: string;
  memory: string;
  notes: string[];
}

type Answers = Map<string, string>;
/** What a step has found out: go on, go back, or the user has left. */
type Turn = 'next' | 'back' | 'left';

/** Asks for a template and its values, writes the script and opens it. */
export async function newScript(context: Context): Promise<void> {
  requireTrust();
  const templates = await tunesmith<Template[]>(context, []);
  const answers: Answers = new Map();
  let step = 0;
  let problem = '';
  for (;;) {
    const template = templates.find(({ name }) => name === answers.get('template'));
    const questions = template?.parameters ?? [];
    const count = 1 + questions.length;
    if (step >= count && template) {
      const refused = await write(context, template, answers);
      if (!refused) return;
      const index = questions.findIndex(({ name }) => refused.message.startsWith(`--${name}:`));
      if (index < 0) throw refused;
      step = index + 1;
      problem = refused.message;
    }
    const title = template && step > 0 ? `${TITLE}: ${template.title}` : TITLE;
    const progress = { title, step: step + 1, totalSteps: count };
    const question = questions[step - 1];
    const turn = question
      ? await ask(question, answers, progress, problem)
      : await chooseTemplate(templates, answers, progress);
    problem = '';
    if (turn === 'left') return;
    step += turn === 'next' ? 1 : -1;
  }
}

interface Progress {
  title: string;
  step: number;
  totalSteps: number;
}

async function chooseTemplate(
  templates: readonly Template[],
  answers: Answers,
  { title }: Progress,
): Promise<Turn> {
  const picker = window.createQuickPick<QuickPickItem & { name: string }>();
  picker.title = title;
  picker.placeholder = 'What to train, and how';
  picker.matchOnDetail = true;
  picker.items = templates.map(({ name, title: label, about }) => ({
    label,
    description: name,
    detail: about,
    name,
  }));
  picker.activeItems = picker.items.filter(({ name }) => name === answers.get('template'));
  return turnOf(picker, (listen) => [
    picker.onDidAccept(() => {
      const [chosen] = picker.selectedItems;
      if (chosen) answers.set('template', chosen.name);
      listen(chosen ? 'next' : 'left');
    }),
  ]);
}

async function ask(
  { name, question, default: standard }: Template['parameters'][number],
  answers: Answers,
  progress: Progress,
  problem: string,
): Promise<Turn> {
  const box = window.createInputBox();
  box.prompt = question;
  box.ignoreFocusOut = true;
  box.buttons = [QuickInputButtons.Back];
  // Where it is pushed to follows from the model and the data set.
  const isFollowing = name === 'output';
  box.value = answers.get(name) ?? (isFollowing ? '' : String(standard));
  box.placeholder = isFollowing ? 'Named after the model and the data set' : '';
  if (problem) box.validationMessage = problem;
  return turnOf(Object.assign(box, progress), (listen) => [
    box.onDidChangeValue(() => {
      box.validationMessage = undefined;
    }),
    box.onDidTriggerButton(() => listen('back')),
    box.onDidAccept(() => {
      answers.set(name, box.value.trim());
      listen('next');
    }),
  ]);
}

/** Shows an input until it has an answer. */
function turnOf(
  input: QuickInput,
  listeners: (listen: (turn: Turn) => void) => Disposable[],
): Promise<Turn> {
  return new Promise<Turn>((resolve) => {
    listeners(resolve);
    input.onDidHide(() => resolve('left'));
    input.show();
  }).finally(() => input.dispose());
}

/** Writes the script where the user says and opens it; the error where a value is not accepted. */
async function write(
  context: Context,
  template: Template,
  answers: Answers,
): Promise<AgentError | undefined> {
  const file = await askFile(`${template.name.replaceAll('-', '_')}.py`);
  if (!file) return undefined;
  const values = template.parameters
    .map(({ name }) => [name, answers.get(name)] as const)
    .filter(([, value]) => value)
    .map(([name, value]) => `--${name}=${value}`);
  const words = [template.name, ...values, `--name=${file.fsPath}`, '--force'];
  try {
    const written = await tunesmith<Written>(context, words);
    await window.showTextDocument(file);
    void tellWritten(context, file, written);
    return undefined;
  } catch (error) {
    if (error instanceof AgentError) return error;
    throw error;
  }
}

async function askFile(name: string): Promise<Uri | undefined> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return window.showSaveDialog({
    title: TITLE,
    saveLabel: 'Create',
    filters: { Python: ['py'] },
    ...(folder ? { defaultUri: Uri.joinPath(folder, name) } : {}),
  });
}

/** Says what there is to think of; that it fits stands in the script. */
async function tellWritten(context: Context, file: Uri, written: Written) {
  const { flavor, timeout, verdict, memory, notes } = written;
  const name = path.basename(file.fsPath);
  const doubts = verdict === 'fits' || !memory ? notes : [memory, ...notes];
  const text = `Tunesmith: ${name} runs on ${flavor} for at most ${timeout}. ${doubts.map(sentence).join(' ')}`;
  const answer = await window.showInformationMessage(text, 'Submit Job');
  if (answer) planPanels.show(context, { uri: file.toString(), choices: {} });
}

/** What `tunesmith new … --json` answers; throws an AgentError with what it says instead. */
async function tunesmith<Result>(
  { extension, output }: Context,
  words: readonly string[],
): Promise<Result> {
  const { command, args, options } = await tunesmithProgram(extension, output);
  const all = [...args, 'new', ...words, '--json'];
  const { code, stdout, stderr } = await run(command, all, { ...options, timeoutMs: LIMIT_MS });
  if (code === 0) return JSON.parse(stdout);
  const [message = '', ...nextStep] = stderr
    .trim()
    .replace(/^tunesmith new: /, '')
    .split('; ');
  throw new AgentError(message, nextStep.join('; ') || 'see the output of Tunesmith');
}
