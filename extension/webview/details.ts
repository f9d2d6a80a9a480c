/** All that a job would be made of, what is to be agreed to, and the command that does the same. */
import type { Plan, PlanSecret } from '../src/agentProtocol';
import type { FromPlan } from '../src/panels/planMessages';
import { diffLines } from './diff';
import { button, h, type Question } from './dom';

type Post = (message: FromPlan) => void;

export function createDetails(post: Post, changed: () => void) {
  const list = h('dl');
  const notes = h('ul', { className: 'notes' });
  const diff = h('section', { hidden: true });
  const command = h('section', { hidden: true });
  const consent = h('input', { type: 'checkbox', id: 'consent' });
  const asks = h('span');
  const agreement = h('label', { className: 'consent', htmlFor: 'consent' }, consent, asks);
  consent.addEventListener('change', changed);
  const element = h('section', { className: 'details' }, notes, list, agreement, diff, command);
  return {
    element,
    show: (plan: Plan, { isOffline, isSmoke }: { isOffline: boolean; isSmoke: boolean }) => {
      list.replaceChildren(...entries(plan, isSmoke, post).flat());
      notes.replaceChildren(...notesOf(plan, isOffline).map((text) => h('li', {}, text)));
      notes.hidden = notes.childElementCount === 0;
      agreement.hidden = !plan.needsConsent;
      asks.textContent = asked(plan);
      showDiff(diff, plan.diff);
      showCommand(command, plan.command, post);
    },
    consent: () => consent.checked,
    open: ({ needsConsent, secrets }: Plan): Question[] => [
      ...(needsConsent && !consent.checked
        ? [{ text: 'Agree that the script gets its secrets.', at: consent.id }]
        : []),
      ...missing(secrets).map((name) => ({ text: `Give ${name} a value.`, at: idOf(name) })),
    ],
  };
}

/** Of the button that gives a secret its value. */
const idOf = (secret: string) => `secret-${secret}`;

const missing = (secrets: readonly PlanSecret[]) =>
  secrets.filter(({ isSet }) => !isSet).map(({ name }) => name);

function asked({ secrets }: Plan): string {
  const names = secrets.filter(({ askedByHeader }) => askedByHeader).map(({ name }) => name);
  return ` Let this script have ${names.join(' and ')}, which its header asks for.`;
}

function notesOf({ engine, warnings }: Plan, isOffline: boolean): string[] {
  const offline =
    isOffline && engine === 'local'
      ? ['The setting tunesmith.network is "off": it runs with HF_HUB_OFFLINE and UV_OFFLINE.']
      : [];
  return [...offline, ...warnings];
}

function entries(plan: Plan, isSmoke: boolean, post: Post): HTMLElement[][] {
  const isRemote = plan.engine === 'hf';
  const optional = (title: string, ...values: Node[]) =>
    values.length > 0 ? [entry(title, ...values)] : [];
  return [
    ...optional('Results', ...(isSmoke ? [] : [results(plan)])),
    ...optional(
      'Metrics',
      ...(isSmoke ? [] : [plan.metrics ? words(plan.metrics) : quiet('not tracked')]),
    ),
    ...optional('Secrets', ...plan.secrets.map((each) => secret(each, post))),
    ...optional('Libraries', ...(plan.versions.length > 0 ? [libraries(plan)] : [])),
    ...optional('Image', ...(isRemote ? [code(plan.image)] : [])),
    entry(
      'Python',
      plan.python ? code(plan.python) : quiet(isRemote ? 'as in the image' : 'chosen by uv'),
    ),
    ...optional(
      'Arguments',
      ...(plan.arguments.length > 0 ? [code(plan.arguments.join(' '))] : []),
    ),
    ...optional('Variables', ...variables(plan)),
  ];
}

function results({ results: place, engine }: Plan): HTMLElement {
  if (place) return words(place);
  if (engine === 'local') return quiet('where the script saves them');
  return h('span', { className: 'bad' }, 'nowhere: what is trained is lost when the job ends');
}

const words = (text: string) => h('span', {}, text);
const quiet = (text: string) => h('span', { className: 'quiet' }, text);
const code = (text: string) => h('code', {}, text);
const entry = (title: string, ...values: Node[]) => [h('dt', {}, title), h('dd', {}, ...values)];

const variables = ({ environment }: Plan) =>
  Object.entries(environment).map(([name, value]) => h('div', {}, code(`${name}=${value}`)));

function secret({ name, isSet }: PlanSecret, post: Post): HTMLElement {
  const state = h('span', { className: isSet ? 'set' : 'bad' }, isSet ? 'set' : 'not set here');
  const ask = () => post({ type: 'giveSecret', name });
  const give = button(isSet ? 'Change …' : 'Give a Value …', ask, 'link');
  give.ariaLabel = `${isSet ? 'Change' : 'Give'} the value of ${name}`;
  give.id = idOf(name);
  const signIn = button('Sign In …', () => post({ type: 'signIn' }), 'link');
  const isToken = name === 'HF_TOKEN' && !isSet;
  return h('div', { className: 'secret' }, code(name), state, ...(isToken ? [signIn] : []), give);
}

/** Each with its release; who says so is under the mouse. */
function libraries({ versions }: Plan): HTMLElement {
  const items = versions.map(({ name, version, reason }) =>
    h('li', { title: reason }, `${name} `, h('strong', {}, version || 'any release')),
  );
  return h('ul', { className: 'libraries' }, ...items);
}

function showDiff(section: HTMLElement, diff: string): void {
  section.hidden = !diff;
  const title = h('h2', { className: 'section' }, 'Changes in the copy that runs');
  section.replaceChildren(title, h('pre', { className: 'diff' }, ...diffLines(diff)));
}

function showCommand(section: HTMLElement, command: string, post: Post): void {
  section.hidden = !command;
  const copy = button('Copy', () => {
    post({ type: 'copy', text: command });
    copy.textContent = 'Copied';
    copy.ariaLabel = 'Copied';
  });
  copy.id = 'copy';
  copy.ariaLabel = 'Copy the command';
  const title = h('h2', { className: 'section' }, 'The same on the command line');
  section.replaceChildren(title, h('div', { className: 'command' }, h('pre', {}, command), copy));
}
