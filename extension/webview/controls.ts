/** The values that can be tried: sliders, a choice of bits, a GPU, the data set. */
import type { EstimateParams, EstimateResult, MachineChoice } from '../src/protocol';
import { h, row } from './dom';
import { count, counted } from './words';

const SLIDERS = [
  { key: 'length', label: 'Length', unit: 'token', from: 256, to: 131_072 },
  { key: 'batch', label: 'Batch', unit: 'sequence', from: 1, to: 64 },
  { key: 'rank', label: 'LoRA rank', unit: '', from: 4, to: 256 },
] as const;

type Quantization = EstimateResult['written']['quantization'];

const BITS: { value: Quantization; label: string }[] = [
  { value: 'none', label: 'As loaded' },
  { value: 'int8', label: '8 bits' },
  { value: 'nf4', label: '4 bits' },
];

/** What a user tries in place of the script's values. */
export type Tried = Pick<
  EstimateParams,
  'machine' | 'length' | 'batch' | 'rank' | 'quantization' | 'examples' | 'tokens'
>;

export type Change = (tried: Tried) => void;

/** A part of the panel: its element, and how it shows an answer. */
interface Control {
  element: HTMLElement;
  show(result: EstimateResult): void;
}

export function createControls(tried: Tried, change: Change): Control {
  const controls = [
    ...SLIDERS.map((options) => slider(options, change)),
    bits(change),
    machines(change),
    number('examples', 'Examples', 'in the data set', tried, change),
    number('tokens', 'Tokens', 'per example, on average', tried, change),
  ];
  const element = h('section', { className: 'controls', ariaLabel: 'Values to try' });
  element.append(...controls.map((control) => control.element));
  return {
    element,
    show: (result) => {
      for (const control of controls) control.show(result);
    },
  };
}

/** Powers of two, and the script's own value among them. */
function steps(from: number, to: number, own: number): number[] {
  const values = new Set([own]);
  for (let value = from; value <= to; value *= 2) values.add(value);
  return [...values].sort((first, second) => first - second);
}

function slider({ key, label, unit, from, to }: (typeof SLIDERS)[number], change: Change): Control {
  const input = h('input', { type: 'range', id: key, min: '0', step: '1' });
  const amount = h('span', { className: 'amount', ariaHidden: 'true' }); // the slider says it
  const element = row(label, key, input, amount);
  element.classList.add('slider');
  let values: number[] = [];
  const showText = () => {
    const value = values[input.valueAsNumber] ?? 0;
    amount.textContent = unit ? counted(value, unit) : count(value);
    input.ariaValueText = amount.textContent;
  };
  input.addEventListener('input', () => {
    showText();
    change({ [key]: values[input.valueAsNumber] ?? null });
  });
  return {
    element,
    show: ({ written, shown }) => {
      element.hidden = written[key] == null;
      values = steps(from, to, written[key] ?? from);
      input.max = String(values.length - 1);
      const index = values.indexOf(shown[key] ?? from);
      if (document.activeElement !== input || input.valueAsNumber < 0) input.value = String(index);
      element.classList.toggle('changed', written[key] !== shown[key]);
      showText();
    },
  };
}

function bits(change: Change): Control {
  const inputs = BITS.map(({ value }) =>
    h('input', { type: 'radio', name: 'quantization', id: `bits-${value}`, value }),
  );
  const legend = h('legend', {}, 'Weights');
  const note = h('span', { className: 'quiet' });
  const element = h('fieldset', { className: 'row' }, legend);
  const group = h('div', { className: 'radios' });
  for (const [index, input] of inputs.entries()) {
    group.append(h('label', {}, input, ` ${BITS[index]?.label}`));
    input.addEventListener('change', () => change({ quantization: input.value as Quantization }));
  }
  group.append(note);
  element.append(group);
  return {
    element,
    show: ({ written, shown }) => {
      const hasAdapter = written.rank != null;
      note.textContent = hasAdapter ? '' : 'Quantized weights need a LoRA adapter';
      for (const input of inputs) {
        input.checked = input.value === shown.quantization;
        input.disabled = !hasAdapter && input.value !== written.quantization;
      }
      element.classList.toggle('changed', written.quantization !== shown.quantization);
    },
  };
}

function machines(change: Change): Control {
  const select = h('select', { id: 'machine' });
  const element = row('GPU', 'machine', select);
  let offered = '';
  select.addEventListener('change', () => change({ machine: select.value || null }));
  return {
    element,
    show: ({ machines: choices, machine, present }) => {
      const isOpen = machine === null || machine === undefined;
      const wanted = JSON.stringify([isOpen, choices]);
      // A list that is dropped down would be closed by this.
      if (wanted !== offered)
        select.replaceChildren(
          ...(isOpen ? [option('', 'Choose a GPU')] : []),
          ...grouped(choices),
        );
      offered = wanted;
      select.value = machine ?? '';
      element.classList.toggle('changed', machine !== present);
    },
  };
}

const option = (value: string, label: string) => h('option', { value }, label);

function grouped(choices: readonly MachineChoice[]): HTMLElement[] {
  const places = new Set(choices.map(({ place }) => place));
  return [...places].map((place) => {
    const own = choices.filter((choice) => choice.place === place);
    return h('optgroup', { label: place }, ...own.map(({ name, label }) => option(name, label)));
  });
}

function number(
  key: 'examples' | 'tokens',
  label: string,
  hint: string,
  tried: Tried,
  change: Change,
): Control {
  const input = h('input', {
    type: 'number',
    id: key,
    min: '1',
    step: '1',
    placeholder: 'unknown',
  });
  input.value = tried[key] ? String(tried[key]) : '';
  input.addEventListener('input', () => {
    if (input.validity.valid) change({ [key]: input.value ? input.valueAsNumber : null });
  });
  const element = row(
    label,
    key,
    h('div', { className: 'inputs' }, input, h('span', { className: 'quiet' }, hint)),
  );
  const show = (result: EstimateResult) => {
    input.placeholder = result[key] == null ? 'unknown' : String(result[key]);
  };
  return { element, show };
}
