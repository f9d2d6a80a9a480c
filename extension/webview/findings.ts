/** What the checks found: where, and what has to be overridden by hand. */
import type { Plan, PlanFinding } from '../src/agentProtocol';
import type { FromPlan } from '../src/panels/planMessages';
import { button, h, type Question } from './dom';

const SIGNS = { error: '✕', warning: '!', information: 'i' };
/** As SubmitParams names a finding. */
const nameOf = ({ rule, line }: PlanFinding) => `${rule}:${line}`;
/** The ids of what a finding can be answered with, and of what leads to it. */
const boxOf = (finding: PlanFinding) => `override-${nameOf(finding)}`;
const linkOf = (finding: PlanFinding) => `place-${nameOf(finding)}`;

export function createFindings(post: (message: FromPlan) => void, changed: () => void) {
  const list = h('ul', { className: 'findings' });
  const element = h('section', {}, h('h2', { className: 'section' }, 'Findings'), list);
  /** What is overridden stays so while other values are tried. */
  const overridden = new Set<string>();
  const present = new Set<string>();

  const box = (finding: PlanFinding) => {
    const name = nameOf(finding);
    const input = h('input', {
      type: 'checkbox',
      id: boxOf(finding),
      checked: overridden.has(name),
      ariaLabel: `Run anyway: ${placeName(finding)}`,
    });
    input.addEventListener('change', () => {
      if (input.checked) overridden.add(name);
      else overridden.delete(name);
      changed();
    });
    return h('label', { className: 'override' }, input, ' Run anyway');
  };
  const item = (finding: PlanFinding) => {
    const { severity, message, blocks } = finding;
    const sign = h('span', { className: `sign ${severity}`, title: severity }, SIGNS[severity]);
    sign.setAttribute('role', 'img');
    sign.setAttribute('aria-label', severity);
    const parts = [
      h('p', {}, message, ' ', place(finding, post)),
      ...(blocks ? [box(finding)] : []),
    ];
    return h('li', {}, sign, h('div', {}, ...parts));
  };

  return {
    element,
    show: ({ findings }: Plan) => {
      element.hidden = findings.length === 0;
      present.clear();
      for (const finding of findings) present.add(nameOf(finding));
      list.replaceChildren(...findings.map(item));
    },
    overridden: () => [...overridden].filter((name) => present.has(name)),
    /** What is left to override. */
    open: ({ findings }: Plan): Question[] => {
      const left = findings.filter((each) => each.blocks && !overridden.has(nameOf(each)));
      const text =
        left.length === 1
          ? 'Override the finding that blocks.'
          : `Override the ${left.length} findings that block.`;
      return left.slice(0, 1).map((first) => ({ text, at: boxOf(first) }));
    },
  };
}

const placeName = ({ rule, path, line }: PlanFinding) =>
  path ? `${rule}, line ${line}` : `${rule}, in the command`;

/** Where it is; what is found in the planned command has its place below. */
function place(finding: PlanFinding, post: (message: FromPlan) => void): Node {
  const { path, line, column } = finding;
  if (!path) return h('span', { className: 'quiet' }, placeName(finding));
  const link = button(placeName(finding), () => post({ type: 'reveal', line, column }), 'link');
  link.id = linkOf(finding);
  return link;
}
