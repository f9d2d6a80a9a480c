/** Large figures side by side. */
import { h } from './dom';

export const VERDICTS = {
  fits: 'Fits',
  tight: 'May not fit',
  no: 'Does not fit',
  unknown: 'Unknown',
};

export function tile(title: string, figure: string, note: string, ...more: Node[]): HTMLElement {
  return h(
    'div',
    { className: 'tile' },
    h('h2', {}, title),
    h('p', { className: 'large' }, figure),
    h('p', { className: 'quiet' }, note),
    ...more,
  );
}
