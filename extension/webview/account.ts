/** The account's panel: one line for each thing that was looked at, with the next step. */
import type { DoctorLine, DoctorResult } from '../src/agentProtocol';
import type { AccountTarget, FromAccount, ToAccount } from '../src/panels/accountMessages';
import type { Problem } from '../src/panels/panelMessages';
import { button, h, setEnabled } from './dom';
import { View } from './view';
import { capitalized, counted } from './words';

const SIGNS = { ok: '✓', missing: '✕', unknown: '?' };
const view = new View<AccountTarget, FromAccount>();
view.keep(view.target);
view.title.textContent = view.script ? `Account for ${view.script}` : 'Hugging Face account';

const verdict = h('p', { className: 'quiet' });
verdict.setAttribute('role', 'status');
const list = h('ul', { className: 'findings' });
const signIn = button('Sign In', () => view.post({ type: 'signIn' }), '');
const again = button('Check Again', ask);
document.body.append(
  h('header', {}, view.title, verdict),
  h('main', {}, view.problem, list, h('div', { className: 'buttons' }, signIn, again)),
);
view.listen((message: ToAccount) => {
  if (message.type === 'result') show(message.result);
  else if (message.type === 'problem') showProblem(message.problem);
  else ask();
});
ask();

function ask(): void {
  setEnabled(again, false);
  list.classList.add('stale');
  verdict.textContent = 'Asking Hugging Face …';
  view.post({ type: 'ask' });
}

function show({ lines }: DoctorResult): void {
  finish();
  view.problem.hidden = true;
  verdict.textContent = verdictOf(lines);
  const isSignedIn = lines.some(({ name, state }) => name === 'login' && state === 'ok');
  signIn.hidden = false;
  signIn.className = isSignedIn ? 'secondary' : '';
  signIn.textContent = isSignedIn ? 'Sign In with Another Account' : 'Sign In';
  list.replaceChildren(...lines.map(item));
}

function showProblem(problem: Problem): void {
  finish();
  verdict.textContent = '';
  view.showProblem(problem);
  signIn.hidden = Boolean(problem.step);
}

function finish(): void {
  setEnabled(again, true);
  list.classList.remove('stale');
}

function verdictOf(lines: readonly DoctorLine[]): string {
  const number = (state: DoctorLine['state']) =>
    lines.filter((each) => each.state === state).length;
  const missing = number('missing');
  const unknown = number('unknown');
  const unchecked = `${counted(unknown, 'thing')} could not be checked`;
  if (missing > 0) {
    const are = `${counted(missing, 'thing')} ${missing === 1 ? 'is' : 'are'} missing`;
    return unknown > 0 ? `${are}, ${unchecked}.` : `${are}.`;
  }
  return unknown > 0 ? `Nothing is known to be missing, but ${unchecked}.` : 'Nothing is missing.';
}

function item({ name, state, message, nextStep }: DoctorLine): HTMLElement {
  const sign = h('span', { className: `sign ${state}`, title: state }, SIGNS[state]);
  sign.setAttribute('role', 'img');
  sign.setAttribute('aria-label', state);
  const step = nextStep
    ? [h('p', { className: 'quiet' }, ...withLinks(capitalized(nextStep)))]
    : [];
  const words = h('div', {}, h('p', {}, ...withLinks(message)), ...step);
  return h('li', {}, sign, h('strong', {}, capitalized(name)), words);
}

/** The text with its addresses as links. */
function withLinks(text: string): (Node | string)[] {
  return text
    .split(/(https?:\/\/[^\s,;)]+[^\s,;).])/)
    .map((part, index) =>
      index % 2 === 0 ? part : button(part, () => view.post({ type: 'open', url: part }), 'link'),
    );
}
