/** The plan's panel: shows what a job would be, and lets the user change, override and submit it. */
import type { Plan } from '../src/agentProtocol';
import type { Choices, FromPlan, PlanTarget, ToPlan } from '../src/panels/planMessages';
import { createDetails } from './details';
import { button, h, keepingFocus, type Question, setEnabled } from './dom';
import { createFindings } from './findings';
import { createChoices } from './planChoices';
import { createPlanSummary } from './planSummary';
import { LastQuestion, View } from './view';
import { timeoutText } from './words';

const WHILE_TYPING_MS = 400;

const view = new View<PlanTarget, FromPlan>();
const post = (message: FromPlan) => view.post(message);
const question = new LastQuestion((id) => post({ type: 'ask', id, target: view.target }));
let plan: Plan | undefined;
let isSubmitting = false;
let isStale = false;
let isOffline = false;

const place = h('p', { className: 'quiet path' });
const summary = createPlanSummary();
const choices = createChoices(choose, post);
const findings = createFindings(post, update);
const details = createDetails(post, update);
const submit = button('Submit', sendPlan, '');
const smoke = button('Smoke Test First', () => switchSmoke(true));
smoke.title =
  'Two steps of a tiny model on this machine, out of a changed copy: does it run at all?';
const back = button('Back to the Job', () => switchSmoke(false));
const write = button('Write to Script', writeChoices);
write.title = 'Write machine, timeout and namespace into [tool.hf-jobs] of the script';
const account = button('Check Account', () => post({ type: 'checkAccount' }), 'link');
account.hidden = true;
const cancel = button('Cancel', () => post({ type: 'close' }), 'link');
const why = h('p', { className: 'quiet why', id: 'why' });
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
  view.notice,
  why,
  h('div', { className: 'buttons' }, submit, smoke, back, write, cancel),
);
view.waiting.textContent = 'Making the plan …';
document.body.append(
  h('header', {}, view.title, h('div', { className: 'about' }, place, account)),
  view.problem,
  view.waiting,
  content,
  footer,
);
window.addEventListener('keydown', ({ key, ctrlKey, metaKey }) => {
  if (key === 'Enter' && (ctrlKey || metaKey)) submit.click();
});
view.listen(receive);
ask();

function receive(message: ToPlan): void {
  switch (message.type) {
    case 'plan':
      if (question.isAnswered(message.id))
        keepingFocus(() => show(message.plan, message.isOffline));
      break;
    case 'problem':
      if (question.isAnswered(message.id)) view.showProblem(message.problem);
      break;
    case 'machines':
      choices.setMachines(message.machines, message.pricedOn);
      break;
    case 'stale':
      isStale = true;
      update();
      break;
    case 'changed':
      ask();
      break;
    case 'target':
      view.keep(message.target);
      ask();
      break;
    case 'refused':
      isSubmitting = false;
      view.showProblem(message.problem);
      update();
      break;
    case 'notice':
      view.tell(message.message);
  }
}

function choose(changed: { [K in keyof Choices]: Choices[K] | undefined }): void {
  keepChoices(changed);
  wait();
  question.askSoon(WHILE_TYPING_MS);
}

/** The button that was pressed goes, and its counterpart gets the focus. */
function switchSmoke(isSmoke: boolean): void {
  keepChoices({ smoke: isSmoke || undefined });
  smoke.hidden = isSmoke;
  back.hidden = !isSmoke;
  (isSmoke ? back : smoke).focus();
  window.scrollTo(0, 0);
  ask();
}

function keepChoices(changed: { [K in keyof Choices]: Choices[K] | undefined }): void {
  const all = Object.entries({ ...view.target.choices, ...changed });
  const chosen = Object.fromEntries(all.filter(([, value]) => value)) as Choices;
  // What was chosen for a resumed job is a job of its own.
  view.keep({ uri: view.target.uri, choices: chosen });
  view.notice.hidden = true;
}

function ask(): void {
  view.title.textContent = titleOf(view.target);
  isStale = false;
  wait();
  question.ask();
}

/** What is shown is no more what would be submitted. */
function wait(): void {
  content.classList.add('stale');
  setEnabled(submit, false);
}

function show(found: Plan, offline: boolean): void {
  plan = found;
  isOffline = offline;
  view.problem.hidden = true;
  view.waiting.hidden = true;
  content.hidden = false;
  footer.hidden = false;
  content.classList.remove('stale');
  const isSmoke = Boolean(view.target.choices.smoke);
  place.textContent = found.script;
  place.title = found.script;
  summary.show(found);
  view.announce(summary.element.innerText);
  choices.show(found, view.target);
  findings.show(found);
  details.show(found, { isOffline, isSmoke });
  submit.textContent = labelOf(found, isSmoke);
  smoke.hidden = isSmoke || Boolean(view.target.resume);
  back.hidden = !isSmoke;
  write.hidden = isSmoke || found.engine !== 'hf';
  account.hidden = found.engine !== 'hf';
  update();
}

function titleOf({ choices: { smoke: isSmoke }, resume }: PlanTarget): string {
  if (isSmoke) return `Smoke test of ${view.script}`;
  return resume ? `Resume ${view.script}` : `Submit ${view.script}`;
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
    const element = document.getElementById(at);
    element?.scrollIntoView({ block: 'center' });
    element?.focus({ preventScroll: true });
  };
  return [button(text, lead, 'link'), document.createTextNode(' ')];
}

function update(): void {
  if (!plan) return;
  const open = openQuestions(plan);
  setEnabled(submit, !isSubmitting && open.length === 0 && !content.classList.contains('stale'));
  // Said again only when it is something else.
  const said = isSubmitting ? 'Submitting …' : open.map(({ text }) => `${text} `).join('');
  if (why.textContent !== said)
    why.replaceChildren(...(isSubmitting ? [said] : open.flatMap(sentenceOf)));
}

function sendPlan(): void {
  if (!plan) return;
  isSubmitting = true;
  view.problem.hidden = true;
  post({
    type: 'submit',
    key: plan.key,
    overridden: findings.overridden(),
    consent: details.consent(),
  });
  update();
}

function writeChoices(): void {
  if (!plan) return;
  const { flavor, namespace, timeoutS } = plan;
  const timeout = view.target.choices.timeout ?? timeoutText(timeoutS);
  const said = Object.entries({ flavor, timeout, namespace }).filter(([, value]) => value);
  post({ type: 'write', values: Object.fromEntries(said) });
}
