/** The hunks of a unified diff as lines of their own colours. */
import { h } from './dom';

export function diffLines(diff: string): HTMLElement[] {
  const lines = diff.replace(/\n$/, '').split('\n');
  const hunks = lines.slice(lines.findIndex((line) => line.startsWith('@@')));
  return hunks.map((line) => h('span', { className: kindOf(line) }, `${line}\n`));
}

function kindOf(line: string): string {
  if (line.startsWith('@@')) return 'quiet';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : '';
}
