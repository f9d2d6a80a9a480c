/** The estimate's panel: asks the extension while values change, and shows the last answer. */
import type { FromPanel, Target, ToPanel } from '../src/panels/messages';
import type { EstimateResult } from '../src/protocol';
import { createChart } from './chart';
import { createControls, type Tried } from './controls';
import { h } from './dom';
import { createSummary } from './summary';

declare function acquireVsCodeApi(): {
  postMessage(message: FromPanel): void;
  getState(): Target | undefined;
  setState(state: Target): void;
};

const WHILE_MOVING_MS = 40;
const WHILE_TYPING_MS = 300;

const vscode = acquireVsCodeApi();
let target: Target = vscode.getState() ?? JSON.parse(document.body.dataset.target ?? '{}');
let last: EstimateResult | undefined;
let asked = 0;
let timer: number | undefined;

const title = h('h1');
const place = h('button', { className: 'link', type: 'button' });
const trainer = h('select', { ariaLabel: 'Trainer' });
const problem = h('p', { className: 'problem', hidden: true });
problem.setAttribute('role', 'alert');
const notice = h('p', { className: 'notice', hidden: true });
notice.setAttribute('role', 'status');
const write = h('button', { type: 'button' }, 'Write to script');
const reset = h('button', { type: 'button', className: 'secondary' }, 'Reset');
const useMachine = h('button', { type: 'button', className: 'secondary' });
const basis = h('ul');
const summary = createSummary();
const chart = createChart();
const controls = createControls(target, (tried) => {
  notice.hidden = true;
  keep({ ...target, ...tried });
  askSoon(WHILE_MOVING_MS);
});
const content = h(
  'main',
  { hidden: true },
  summary.element,
  chart.element,
  controls.element,
  h('div', { className: 'buttons' }, write, useMachine, reset),
  notice,
  h('details', { open: true }, h('summary', {}, 'An estimate. It rests on:'), basis),
);
document.body.append(h('header', {}, title, trainer, place), problem, content);

write.addEventListener('click', () => {
  const { uri, trainer: index, length, batch, rank, quantization } = target;
  const params = { uri, trainer: index, length, batch, rank, quantization };
  vscode.postMessage({ type: 'writeValues', params: defined(params) });
});
useMachine.addEventListener('click', () => {
  if (last?.machine) vscode.postMessage({ type: 'writeMachine', machine: last.machine });
});
reset.addEventListener('click', () => {
  const { uri, trainer: index, examples, tokens } = target;
  keep(defined({ uri, trainer: index, examples, tokens }));
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  ask();
});
trainer.addEventListener('change', () => {
  const { uri, examples, tokens, machine } = target;
  keep(defined({ uri, examples, tokens, machine, trainer: trainer.selectedIndex }));
  ask();
});
place.addEventListener('click', () => {
  const line = last?.trainers[last.trainer]?.line;
  if (line) vscode.postMessage({ type: 'reveal', line });
});

window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => receive(data));
ask();

function receive(message: ToPanel): void {
  switch (message.type) {
    case 'estimate':
      if (message.id === asked) show(message.result);
      break;
    case 'problem':
      if (message.id === asked) showProblem(message.message);
      break;
    case 'changed':
      askSoon(WHILE_TYPING_MS);
      break;
    case 'target':
      keep({ ...target, ...message.target });
      ask();
      break;
    case 'notice':
      notice.textContent = message.message;
      notice.hidden = false;
  }
}

/** Answers that are under way are of values that are no longer tried. */
function askSoon(delay: number): void {
  asked += 1;
  window.clearTimeout(timer);
  timer = window.setTimeout(ask, delay);
}

function ask(): void {
  window.clearTimeout(timer);
  asked += 1;
  vscode.postMessage({ type: 'ask', id: asked, params: target });
}

function keep(next: Target): void {
  target = next;
  vscode.setState(target);
}

function showProblem(message: string): void {
  problem.textContent = message;
  problem.hidden = false;
  content.classList.add('stale');
}

function show(result: EstimateResult): void {
  last = result;
  problem.hidden = true;
  content.hidden = false;
  content.classList.remove('stale');
  forgetWritten(result);
  const { model, trainers, trainer: index } = result;
  title.textContent = model;
  place.textContent = `${trainers[index]?.label}, line ${trainers[index]?.line}`;
  trainer.hidden = trainers.length < 2;
  trainer.replaceChildren(
    ...trainers.map(({ label, line }) => h('option', {}, `${label}, line ${line}`)),
  );
  trainer.selectedIndex = index;
  place.hidden = !trainer.hidden;
  for (const part of [summary, chart, controls]) part.show(result);
  basis.replaceChildren(...result.basis.map((text) => h('li', {}, text)));
  showButtons(result);
}

/** What is in the script now is not tried any more. */
function forgetWritten({ written, shown, machine, present }: EstimateResult): void {
  const next = { ...target };
  for (const key of ['length', 'batch', 'rank', 'quantization'] as const)
    if (written[key] === shown[key]) delete next[key];
  if (machine === present) delete next.machine;
  keep(next);
}

function showButtons({ machine, present, machines }: EstimateResult): void {
  const keys: (keyof Tried)[] = ['length', 'batch', 'rank', 'quantization'];
  const isChanged = keys.some((key) => target[key] != null);
  const choice = machines.find(({ name }) => name === machine);
  write.disabled = !isChanged;
  reset.disabled = !isChanged && machine === present;
  useMachine.hidden = !choice?.isFlavor || machine === present;
  useMachine.textContent = `Run jobs on ${machine}`;
}

/** Without the keys that hold nothing: a message says only what is asked. */
function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each != null)) as T;
}
