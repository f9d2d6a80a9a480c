/** The estimate's panel: asks the extension while values change, and shows the last answer. */
import type { EstimateTarget, FromEstimate, ToEstimate } from '../src/panels/estimateMessages';
import type { EstimateResult } from '../src/protocol';
import { createChart } from './chart';
import { createControls, type Tried } from './controls';
import { button, h, keepingFocus, setEnabled } from './dom';
import { createSummary } from './summary';
import { LastQuestion, View } from './view';

const WHILE_MOVING_MS = 40;
const WHILE_TYPING_MS = 300;
const TRIED = ['length', 'batch', 'rank', 'quantization'] as const;

const view = new View<EstimateTarget, FromEstimate>();
const question = new LastQuestion((id) => view.post({ type: 'ask', id, params: view.target }));
let last: EstimateResult | undefined;

const place = button('', reveal, 'link');
const trainer = h('select', { ariaLabel: 'Trainer' });
const write = button('Write to Script', writeValues, '');
const useMachine = button('', writeMachine);
const reset = button('Reset', forgetTried);
const basis = h('ul');
const summary = createSummary();
const chart = createChart();
const controls = createControls(view.target, (tried) => {
  view.notice.hidden = true;
  view.keep({ ...view.target, ...tried });
  question.askSoon(WHILE_MOVING_MS);
});
const content = h(
  'main',
  { hidden: true },
  summary.element,
  chart.element,
  controls.element,
  h('div', { className: 'buttons' }, write, useMachine, reset),
  view.notice,
  h('details', { open: true }, h('summary', {}, 'What this estimate rests on'), basis),
);
view.title.textContent = view.script;
view.waiting.textContent = 'Estimating …';
document.body.append(
  h('header', {}, view.title, trainer, place),
  view.problem,
  view.waiting,
  content,
);
trainer.hidden = true;
trainer.addEventListener('change', () => {
  const { uri, examples, tokens, machine } = view.target;
  view.keep(defined({ uri, examples, tokens, machine, trainer: trainer.selectedIndex }));
  question.ask();
});
view.listen(receive);
question.ask();

function receive(message: ToEstimate): void {
  switch (message.type) {
    case 'estimate':
      if (question.isAnswered(message.id)) keepingFocus(() => show(message.result));
      break;
    case 'problem':
      if (!question.isAnswered(message.id)) break;
      view.showProblem(message.problem);
      content.classList.add('stale');
      break;
    case 'changed':
      question.askSoon(WHILE_TYPING_MS);
      break;
    case 'target':
      view.keep({ ...view.target, ...message.target });
      question.ask();
      break;
    case 'notice':
      view.tell(message.message);
  }
}

function show(result: EstimateResult): void {
  last = result;
  view.problem.hidden = true;
  view.waiting.hidden = true;
  content.hidden = false;
  content.classList.remove('stale');
  forgetWritten(result);
  showTitle(result);
  for (const part of [summary, chart, controls]) part.show(result);
  view.announce(summary.element.innerText);
  basis.replaceChildren(...result.basis.map((text) => h('li', {}, text)));
  showButtons(result);
}

function showTitle({ model, trainers, trainer: index }: EstimateResult): void {
  view.title.textContent = model;
  const names = trainers.map(({ label, line }) => `${label}, line ${line}`);
  place.textContent = names[index] ?? '';
  place.hidden = names.length > 1;
  trainer.hidden = !place.hidden;
  trainer.replaceChildren(...names.map((name) => h('option', {}, name)));
  trainer.selectedIndex = index;
}

/** What is in the script now is not tried any more. */
function forgetWritten({ written, shown, machine, present }: EstimateResult): void {
  const next = { ...view.target };
  for (const key of TRIED) if (written[key] === shown[key]) delete next[key];
  if (machine === present) delete next.machine;
  view.keep(next);
}

function showButtons({ machine, present, machines }: EstimateResult): void {
  const isChanged = TRIED.some((key: keyof Tried) => view.target[key] != null);
  const choice = machines.find(({ name }) => name === machine);
  setEnabled(write, isChanged);
  setEnabled(reset, isChanged || machine !== present);
  useMachine.hidden = !choice?.isFlavor || machine === present;
  useMachine.textContent = `Choose ${machine} for Jobs`;
}

function writeValues(): void {
  const { uri, trainer: index, length, batch, rank, quantization } = view.target;
  const params = { uri, trainer: index, length, batch, rank, quantization };
  view.post({ type: 'writeValues', params: defined(params) });
}

function writeMachine(): void {
  if (last?.machine) view.post({ type: 'writeMachine', machine: last.machine });
}

function forgetTried(): void {
  const { uri, trainer: index, examples, tokens } = view.target;
  view.keep(defined({ uri, trainer: index, examples, tokens }));
  question.ask();
}

function reveal(): void {
  const line = last?.trainers[last.trainer]?.line;
  if (line) view.post({ type: 'reveal', line });
}

/** Without the keys that hold nothing: a message says only what is asked. */
function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each != null)) as T;
}
