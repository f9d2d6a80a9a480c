/** The memory as a stacked bar against what the GPU has, with the table that it shows. */
import type { EstimateResult, MemoryTerm } from '../src/protocol';
import { h } from './dom';
import { capitalized, gb } from './words';

/** GB below which a part is not drawn. */
const LEAST = 0.05;

export function createChart(): { element: HTMLElement; show(result: EstimateResult): void } {
  const bar = h('div', { className: 'bar', ariaHidden: 'true' }); // the table says the same
  const scale = h('div', { className: 'scale', ariaHidden: 'true' });
  const table = h('table');
  const element = h('section', { ariaLabel: 'GPU memory' }, bar, scale, table);
  return {
    element,
    show: (result) => {
      const terms = result.terms.filter((term) => term.gb > 0);
      element.hidden = terms.length === 0;
      drawBar(bar, scale, result);
      table.replaceChildren(caption(), head(), body(terms), foot(result));
    },
  };
}

function drawBar(bar: HTMLElement, scale: HTMLElement, result: EstimateResult): void {
  const { memory, usable, terms } = result;
  const whole = Math.max(usable ?? 0, memory?.likely ?? 0) * 1.02;
  const percent = (amount: number) => `${(100 * amount) / whole}%`;
  bar.replaceChildren(
    ...terms.filter(({ gb: amount }) => amount >= LEAST).map((term) => segment(term, percent)),
  );
  scale.replaceChildren();
  if (usable != null) {
    const limit = h('div', { className: 'limit' });
    limit.style.left = percent(usable);
    bar.append(limit);
    const label = h('span', {}, `${gb(usable)} usable`);
    scale.append(label);
    label.style.right = `calc(100% - ${percent(usable)})`;
  }
}

function segment(term: MemoryTerm, percent: (amount: number) => string): HTMLElement {
  const element = h('div', { className: `segment ${term.name}` });
  element.title = `${capitalized(term.name)}: ${gb(term.gb)}`;
  element.style.width = percent(term.gb);
  return element;
}

const caption = () => h('caption', {}, 'What takes the memory at its peak');

function head(): HTMLElement {
  const names = ['Part', 'Memory', 'What it is'];
  return h('thead', {}, h('tr', {}, ...names.map((name) => h('th', { scope: 'col' }, name))));
}

function body(terms: readonly MemoryTerm[]): HTMLElement {
  return h('tbody', {}, ...terms.map(line));
}

function line({ name, gb: amount, meaning }: MemoryTerm): HTMLElement {
  const swatch = h('span', { className: `swatch ${name}` });
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, swatch, capitalized(name)),
    h('td', { className: 'figure' }, gb(amount)),
    h('td', { className: 'quiet' }, meaning),
  );
}

function foot({ memory }: EstimateResult): HTMLElement {
  const sum = h('td', { className: 'figure' }, memory ? gb(memory.likely) : '');
  return h('tfoot', {}, h('tr', {}, h('th', { scope: 'row' }, 'Total'), sum, h('td')));
}
