/** What matters first of a plan: whether it fits, how long it takes, what it costs. */
import type { Plan } from '../src/agentProtocol';
import { h } from './dom';
import { tile, VERDICTS } from './tiles';
import { duration, money, span } from './words';

export function createPlanSummary(): { element: HTMLElement; show(plan: Plan): void } {
  const element = h('section', { className: 'summary', ariaLabel: 'Estimate' });
  const show = (plan: Plan) => {
    const isKnown = Boolean(plan.memory || plan.hours);
    element.classList.toggle('none', !isKnown);
    element.replaceChildren(...(isKnown ? [...tiles(plan), basis(plan)] : [noEstimate(plan)]));
  };
  return { element, show };
}

function tiles({ engine, fits, hours, dollars }: Plan): HTMLElement[] {
  const verdict = h('p', { className: `large verdict ${fits}` }, VERDICTS[fits]);
  return [
    h('div', { className: 'tile' }, h('h2', {}, 'GPU memory'), verdict),
    tile('Time', hours ? between(hours, duration) : 'unknown', ''),
    tile('Cost', costOf(engine, dollars), ''),
  ];
}

/** The figures in a sentence, with what they rest on. */
function basis({ memory, hours, estimate }: Plan): HTMLElement {
  const doubt = estimate && (hours ? `An estimate, ${estimate}.` : `Time is unknown: ${estimate}.`);
  const text = [memory, doubt || 'All figures are estimates.'].filter(Boolean).join(' ');
  return h('p', { className: 'quiet basis' }, text);
}

function noEstimate({ engine, estimate, diff }: Plan): HTMLElement {
  const of = engine === 'local' ? 'memory and time' : 'memory, time and cost';
  const text = diff ? `It is free: ${estimate}.` : `No estimate of ${of}: ${estimate}.`;
  return h('p', { className: 'quiet' }, text);
}

function costOf(engine: Plan['engine'], dollars: Plan['dollars']): string {
  if (engine === 'local') return '$0';
  return dollars ? between(dollars, money) : 'unknown';
}

function between([low = 0, high = 0]: readonly number[], show: (value: number) => string): string {
  const [first, second] = [show(low), show(high)];
  return first === second ? `≈ ${first}` : span({ low, likely: low, high }, show);
}
