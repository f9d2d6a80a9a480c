/** What matters first: whether it fits, how long it takes, what it costs. */
import type { EstimateResult } from '../src/protocol';
import { h } from './dom';
import { tile, VERDICTS } from './tiles';
import { duration, gb, money, span } from './words';

export function createSummary() {
  const tiles = h('section', { className: 'summary', ariaLabel: 'Estimate' });
  const why = h('p', { className: 'quiet why' });
  return {
    element: h('div', {}, tiles, why),
    show: (result: EstimateResult) => {
      tiles.replaceChildren(...tilesOf(result));
      why.textContent = unknownOf(result);
      why.hidden = !why.textContent;
    },
  };
}

function tilesOf(result: EstimateResult): HTMLElement[] {
  const { memory, usable, machine, hours, dollars, verdict } = result;
  const of = usable == null ? '' : ` of ${gb(usable)}`;
  const fits = h('span', { className: `verdict ${verdict}` }, `${VERDICTS[verdict]} ${machine}`);
  return [
    tile(
      'GPU memory',
      memory ? `≈ ${gb(memory.likely).replace(of ? ' GB' : '', '')}${of}` : 'unknown',
      memory ? `${memory.low.toFixed(1)} to ${gb(memory.high)}` : '',
      ...(verdict !== 'unknown' && machine ? [fits] : []),
    ),
    tile(
      'Time',
      hours ? `≈ ${duration(hours.likely)}` : 'unknown',
      hours ? span(hours, duration) : '',
    ),
    tile(
      'Cost',
      dollars ? `≈ ${money(dollars.likely)}` : 'unknown',
      dollars ? span(dollars, money) : '',
    ),
  ];
}

/** Why something is not known; empty where all is. */
function unknownOf({ memory, reason, hours, noHours }: EstimateResult): string {
  if (!memory) return reason;
  return hours || !noHours ? '' : `Time is unknown: ${noHours}.`;
}
