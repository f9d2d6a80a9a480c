/** Where a job runs and for how long: what the user may choose. */
import type { Plan } from '../src/agentProtocol';
import type { Choices, FromPlan, Machine, PlanTarget } from '../src/panels/planMessages';
import { button, h, row } from './dom';
import { timeoutText } from './words';

type Change = (changed: { [K in keyof Choices]: Choices[K] | undefined }) => void;
type Engine = Plan['engine'];

const ENGINES: { value: Engine; label: string }[] = [
  { value: 'hf', label: 'Hugging Face Jobs' },
  { value: 'local', label: 'This machine' },
];

export function createChoices(change: Change, post: (message: FromPlan) => void) {
  const engine = engines(change);
  const machine = machines(change, post);
  const timeout = text('timeout', 'Timeout', 'such as 90m, 4h or 1.5d', change);
  const namespace = text('namespace', 'Namespace', 'your own account', change);
  const element = h(
    'section',
    { className: 'controls', ariaLabel: 'What to choose' },
    ...[engine, machine, timeout, namespace].map((each) => each.element),
  );
  return {
    element,
    setMachines: machine.set,
    show: (plan: Plan, { choices, resume }: PlanTarget) => {
      const isRemote = plan.engine === 'hf';
      element.hidden = Boolean(resume || choices.smoke);
      engine.show(plan.engine);
      machine.element.hidden = !isRemote;
      machine.show(plan.flavor ?? '', plan.machine, Boolean(choices.flavor));
      timeout.show(timeoutText(plan.timeoutS), plan.timeoutReason, Boolean(choices.timeout));
      namespace.element.hidden = !isRemote;
      namespace.show(plan.namespace ?? '', '', Boolean(choices.namespace));
    },
  };
}

function engines(change: Change) {
  const inputs = ENGINES.map(({ value }) =>
    h('input', { type: 'radio', name: 'engine', id: `engine-${value}`, value }),
  );
  const group = h('div', { className: 'radios' });
  for (const [index, input] of inputs.entries()) {
    group.append(h('label', {}, input, ` ${ENGINES[index]?.label}`));
    input.addEventListener('change', () => change({ engine: input.value as Engine }));
  }
  const element = h('fieldset', { className: 'row' }, h('legend', {}, 'Run on'), group);
  const show = (engine: Engine) => {
    for (const input of inputs) input.checked = input.value === engine;
  };
  return { element, show };
}

function machines(change: Change, post: (message: FromPlan) => void) {
  const select = h('select', { id: 'flavor' });
  const note = h('span', { className: 'quiet' });
  const ask = button('Get Current Prices', () => post({ type: 'askPrices' }), 'link');
  select.addEventListener('change', () => change({ flavor: select.value }));
  const below = h('div', { className: 'below' }, note, ask);
  const element = row(
    'Machine',
    'flavor',
    h('div', { className: 'inputs stacked' }, select, below),
  );
  let known: Machine[] = [];
  let shown = '';
  let words = '';
  let offered = '';
  const fill = () => {
    const wanted = JSON.stringify([known, shown, words]);
    if (wanted === offered) return; // a list that is dropped down would be closed
    offered = wanted;
    const others = known.filter(({ name }) => name !== shown).map(option);
    const own = known.find(({ name }) => name === shown);
    const label = own ? option(own) : h('option', { value: shown }, words || shown || 'cpu-basic');
    const options = own ? known.map(option) : [label, ...others];
    select.replaceChildren(...options);
    select.value = shown;
  };
  return {
    element,
    set: (found: Machine[], pricedOn: string | null) => {
      known = found;
      note.textContent = pricedOn ? `Prices of ${pricedOn}` : 'Current prices from Hugging Face';
      if (!pricedOn && document.activeElement === ask) select.focus();
      ask.hidden = !pricedOn;
      fill();
    },
    show: (flavor: string, machine: string, isChanged: boolean) => {
      shown = flavor;
      words = flavor && machine !== flavor ? `${flavor} · ${machine}` : flavor;
      element.classList.toggle('changed', isChanged);
      fill();
    },
  };
}

function option({ name, label, notes }: Machine): HTMLOptionElement {
  return h('option', { value: name }, [name, ...notes, label].filter(Boolean).join(' · '));
}

function text(key: 'timeout' | 'namespace', label: string, hint: string, change: Change) {
  const input = h('input', { type: 'text', id: key, placeholder: hint, spellcheck: false });
  const note = h('span', { className: 'quiet' });
  input.addEventListener('input', () => change({ [key]: input.value.trim() || undefined }));
  const element = row(label, key, h('div', { className: 'inputs' }, input, note));
  const show = (value: string, reason: string, isChanged: boolean) => {
    if (document.activeElement !== input) input.value = value;
    note.textContent = reason;
    element.classList.toggle('changed', isChanged);
  };
  return { element, show };
}
