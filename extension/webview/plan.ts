/** The plan's panel: shows what a job would be, and lets the user change, override and submit it. */
import type { Plan } from '../src/agentProtocol';
import type { Choices, FromPlan, PlanTarget, ToPlan } from '../src/panels/planMessages';
import { createDetails } from './details';
import { h, type Question } from './dom';
import { createFindings } from './findings';
import { createChoices } from './planChoices';
import { createPlanSummary } from './planSummary';
import { timeoutText } from './words';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPlan): void;
  getState(): PlanTarget | undefined;
  setState(state: PlanTarget): void;
};

const WHILE_TYPING_MS = 400;

const vscode = acquireVsCodeApi();
const post = (message: FromPlan) => vscode.postMessage(message);
let target: PlanTarget = vscode.getState() ?? JSON.parse(document.body.dataset.target ?? '{}');
let plan: Plan | undefined;
let asked = 0;
let timer: number | undefined;
let isWaiting = false;
let isStale = false;
let isOffline = false;

const title = h('h1');
const place = h('p', { className: 'quiet path' });
const problem = h('div', { className: 'problem', hidden: true });
problem.setAttribute('role', 'alert');
const notice = h('p', { className: 'notice', hidden: true });
notice.setAttribute('role', 'status');
const waiting = h('p', { className: 'quiet waiting' }, 'Making the plan …');
const summary = createPlanSummary();
const choices = createChoices((changed) => choose(changed), post);
const findings = createFindings(post, update);
const details = createDetails(post, update);
const submit = h('button', { type: 'button' });
const smoke = button('Smoke Test First', () => choose({ smoke: true }, 0));
smoke.title =
  'Two steps of a tiny model on this machine, out of a changed copy: does it run at all?';
const back = button('Back to the Job', () => choose({ smoke: undefined }, 0));
const write = button('Write into Script', writeChoices);
write.title = 'Write machine, timeout and namespace into [tool.hf-jobs] of the script';
const account = button('Check Account', () => post({ type: 'checkAccount' }), 'link');
account.hidden = true;
const cancel = button('Cancel', () => post({ type: 'close' }), 'link');
const why = h('p', { className: 'quiet why' });
why.id = 'why';
why.setAttribute('role', 'status');
submit.setAttribute('aria-describedby', 'why');
const content = h(
  'main',
  { hidden: true },
  summary.element,
  choices.element,
  findings.element,
  details.element,
);
const footer = h(
  'footer',
  { hidden: true },
  notice,
  why,
  h('div', { className: 'buttons' }, submit, smoke, back, write, cancel),
);
document.body.append(
  h('header', {}, title, h('div', { className: 'about' }, place, account)),
  problem,
  waiting,
  content,
  footer,
);

submit.addEventListener('click', () => {
  if (!plan || isWaiting || openQuestions(plan).length > 0) return;
  isWaiting = true;
  problem.hidden = true;
  post({
    type: 'submit',
    key: plan.key,
    overridden: findings.overridden(),
    consent: details.consent(),
  });
  update();
});
window.addEventListener('message', ({ data }: MessageEvent<ToPlan>) => receive(data));
window.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
  if (key === 'Enter' && (ctrlKey || metaKey)) submit.click();
});
ask();

function button(label: string, click: () => void, className = 'secondary'): HTMLButtonElement {
  const made = h('button', { type: 'button', className }, label);
  made.addEventListener('click', click);
  return made;
}

function receive(message: ToPlan): void {
  switch (message.type) {
    case 'plan':
      if (message.id === asked) show(message.plan, message.isOffline);
      break;
    case 'problem':
      if (message.id === asked) showProblem(message.message, message.needsSignIn);
      break;
    case 'machines':
      choices.setMachines(message.machines, message.from);
      break;
    case 'stale':
      isStale = true;
      update();
      break;
    case 'changed':
      askSoon();
      break;
    case 'target':
      keep(message.target);
      ask();
      break;
    case 'refused':
      isWaiting = false;
      showProblem(message.message, message.needsSignIn);
      update();
      break;
    case 'notice':
      notice.textContent = message.message;
      notice.hidden = false;
  }
}

function choose(changed: { [K in keyof Choices]: Choices[K] | undefined }, delay?: number): void {
  const all = Object.entries({ ...target.choices, ...changed });
  const next = Object.fromEntries(all.filter(([, value]) => value)) as Choices;
  // What was chosen for a resumed job is a job of its own.
  keep({ uri: target.uri, choices: next });
  notice.hidden = true;
  if (delay === 0) ask();
  else askSoon();
}

function keep(next: PlanTarget): void {
  target = next;
  vscode.setState(target);
}

function askSoon(): void {
  asked += 1;
  content.classList.add('stale');
  submit.disabled = true;
  window.clearTimeout(timer);
  timer = window.setTimeout(ask, WHILE_TYPING_MS);
}

function ask(): void {
  title.textContent = titleOf(Boolean(target.choices.smoke));
  window.clearTimeout(timer);
  asked += 1;
  isStale = false;
  content.classList.add('stale');
  submit.disabled = true;
  post({ type: 'ask', id: asked, target });
}

function showProblem(message: string, needsSignIn: boolean): void {
  const steps = needsSignIn ? [button('Sign In', () => post({ type: 'signIn' }))] : [];
  problem.replaceChildren(h('p', {}, message), ...steps);
  problem.hidden = false;
  waiting.hidden = true;
}

function show(found: Plan, offline: boolean): void {
  plan = found;
  isOffline = offline;
  problem.hidden = true;
  waiting.hidden = true;
  content.hidden = false;
  footer.hidden = false;
  content.classList.remove('stale');
  const isSmoke = Boolean(target.choices.smoke);
  title.textContent = titleOf(isSmoke);
  place.textContent = found.script;
  place.title = found.script;
  summary.show(found);
  choices.show(found, target);
  findings.show(found);
  details.show(found, { isOffline, isSmoke });
  submit.textContent = labelOf(found, isSmoke);
  smoke.hidden = isSmoke || Boolean(target.resume);
  back.hidden = !isSmoke;
  write.hidden = isSmoke || found.engine !== 'hf';
  account.hidden = found.engine !== 'hf';
  update();
}

function titleOf(isSmoke: boolean): string {
  const script = decodeURIComponent(target.uri.split('/').at(-1) ?? '');
  if (isSmoke) return `Smoke test of ${script}`;
  return target.resume ? `Resume ${script}` : `Submit ${script}`;
}

function labelOf({ engine }: Plan, isSmoke: boolean): string {
  if (isSmoke) return 'Run Smoke Test';
  return engine === 'local' ? 'Run on This Machine' : 'Submit';
}

/** What is left to answer before the plan can be submitted. */
function openQuestions(found: Plan): Question[] {
  if (isStale) return [{ text: 'The script has changed: save it, and it is planned anew.' }];
  if (isOffline && found.engine === 'hf')
    return [{ text: 'The setting tunesmith.network is "off", so nothing is sent.' }];
  return [...findings.open(found), ...details.open(found)];
}

/** A sentence that leads to where it is answered. */
function sentenceOf({ text, at }: Question): Node[] {
  if (!at) return [h('span', {}, text), document.createTextNode(' ')];
  const lead = () => {
    at.scrollIntoView({ block: 'center' });
    at.focus({ preventScroll: true });
  };
  return [button(text, lead, 'link'), document.createTextNode(' ')];
}

function update(): void {
  if (!plan) return;
  const open = openQuestions(plan);
  submit.disabled = isWaiting || open.length > 0 || content.classList.contains('stale');
  why.replaceChildren(...(isWaiting ? ['Submitting …'] : open.flatMap(sentenceOf)));
}

function writeChoices(): void {
  if (!plan) return;
  const { flavor, namespace, timeoutS } = plan;
  const timeout = target.choices.timeout ?? timeoutText(timeoutS);
  const said = Object.entries({ flavor, timeout, namespace }).filter(([, value]) => value);
  post({ type: 'write', values: Object.fromEntries(said) });
}
