/** What matters first: whether it fits, how long it takes, what it costs. */
import type { EstimateResult } from '../src/protocol';
import { h } from './dom';
import { tile, VERDICTS } from './tiles';
import { duration, gb, money, span } from './words';

export function createSummary(): { element: HTMLElement; show(result: EstimateResult): void } {
  const element = h('section', { className: 'summary' });
  element.setAttribute('aria-live', 'polite');
  return {
    element,
    show: (result) => element.replaceChildren(...tiles(result)),
  };
}

function tiles(result: EstimateResult): HTMLElement[] {
  const { memory, usable, machine, hours, dollars, verdict, noHours } = result;
  const of = usable == null ? '' : ` of ${gb(usable)}`;
  const why = noHours ?? '';
  return [
    tile(
      'Memory of a GPU',
      memory ? `≈ ${gb(memory.likely).replace(of ? ' GB' : '', '')}${of}` : 'unknown',
      memory ? `${memory.low.toFixed(1)} to ${gb(memory.high)}` : result.reason,
      h(
        'span',
        { className: `verdict ${verdict}` },
        VERDICTS[verdict],
        verdict !== 'unknown' && machine ? ` ${machine}` : '',
      ),
    ),
    tile(
      'Time',
      hours ? `≈ ${duration(hours.likely)}` : 'unknown',
      hours ? span(hours, duration) : why,
    ),
    tile(
      'Cost',
      dollars ? `≈ ${money(dollars.likely)}` : 'unknown',
      dollars ? span(dollars, money) : '',
    ),
  ];
}
