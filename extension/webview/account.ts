/** The account's panel: one line for each thing that was looked at, with the next step. */
import type { DoctorLine, DoctorResult } from '../src/agentProtocol';
import type { AccountTarget, FromAccount, ToAccount } from '../src/panels/accountMessages';
import { h } from './dom';

interface Shown extends AccountTarget {
  script?: string;
}

declare function acquireVsCodeApi(): {
  postMessage(message: FromAccount): void;
  getState(): Shown | undefined;
  setState(state: Shown): void;
};

const SIGNS = { ok: '✓', missing: '✕', unknown: '?' };
const vscode = acquireVsCodeApi();
const target: Shown = vscode.getState() ?? JSON.parse(document.body.dataset.target ?? '{}');
vscode.setState(target);

const about = target.script ? `for ${target.script}` : 'on Hugging Face';
const verdict = h('p', { className: 'quiet' }, 'Asking Hugging Face …');
verdict.setAttribute('role', 'status');
const problem = h('p', { className: 'problem', hidden: true });
problem.setAttribute('role', 'alert');
const list = h('ul', { className: 'findings' });
const signIn = h('button', { type: 'button' }, 'Sign In');
const again = h('button', { type: 'button', className: 'secondary' }, 'Check Again');
signIn.addEventListener('click', () => vscode.postMessage({ type: 'signIn' }));
again.addEventListener('click', ask);
const buttons = h('div', { className: 'buttons' }, signIn, again);
document.body.append(
  h('header', {}, h('h1', {}, `Account ${about}`), verdict),
  problem,
  list,
  buttons,
);
window.addEventListener('message', ({ data }: MessageEvent<ToAccount>) => {
  if (data.type === 'result') show(data.result);
  else if (data.type === 'problem') showProblem(data.message);
  else ask();
});
ask();

function ask(): void {
  again.disabled = true;
  list.classList.add('stale');
  vscode.postMessage({ type: 'ask' });
}

function show({ lines }: DoctorResult): void {
  finish();
  problem.hidden = true;
  const missing = lines.filter(({ state }) => state === 'missing').length;
  const unknown = lines.filter(({ state }) => state === 'unknown').length;
  verdict.textContent = words(missing, unknown);
  const isSignedIn = lines.some(({ name, state }) => name === 'login' && state === 'ok');
  signIn.className = isSignedIn ? 'secondary' : '';
  signIn.textContent = isSignedIn ? 'Sign In as Somebody Else' : 'Sign In';
  list.replaceChildren(...lines.map(item));
}

function showProblem(message: string): void {
  finish();
  verdict.textContent = '';
  problem.textContent = message;
  problem.hidden = false;
}

function finish(): void {
  again.disabled = false;
  list.classList.remove('stale');
}

function words(missing: number, unknown: number): string {
  if (missing > 0)
    return missing === 1 ? 'One thing is missing.' : `${missing} things are missing.`;
  if (unknown > 0) return 'Nothing is known to be missing, but not all could be looked at.';
  return 'All is there.';
}

function item({ name, state, message, nextStep }: DoctorLine): HTMLElement {
  const sign = h('span', { className: `sign ${state}`, title: state }, SIGNS[state]);
  sign.setAttribute('role', 'img');
  sign.setAttribute('aria-label', state);
  const step = nextStep
    ? [h('p', { className: 'quiet' }, ...withLinks(capitalized(nextStep)))]
    : [];
  const title = h('p', {}, h('strong', {}, capitalized(name)), ' ', ...withLinks(message));
  return h('li', {}, sign, h('div', {}, title, ...step));
}

const capitalized = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** The text with its addresses as links. */
function withLinks(text: string): (Node | string)[] {
  return text.split(/(https?:\/\/[^\s,;)]+[^\s,;).])/).map((part, index) => {
    if (index % 2 === 0) return part;
    const link = h('button', { type: 'button', className: 'link' }, part);
    link.addEventListener('click', () => vscode.postMessage({ type: 'open', url: part }));
    return link;
  });
}
