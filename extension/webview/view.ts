/** What all panels have in common: the way to the extension, what is kept, what is told. */
import type { PanelTarget, Problem, TakeStep, ToAnyPanel } from '../src/panels/panelMessages';
import { button, h, returnFocus } from './dom';

declare function acquireVsCodeApi(): {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
};

const CALM_MS = 1000;

export class View<Target extends PanelTarget, From> {
  readonly title = h('h1');
  /** While nothing can be shown yet. */
  readonly waiting = h('p', { className: 'quiet' });
  readonly problem = h('div', { className: 'problem', hidden: true });
  readonly notice = h('p', { className: 'notice', hidden: true });
  private readonly spoken = h('p', { className: 'spoken' });
  private readonly api = acquireVsCodeApi();
  private timer: number | undefined;
  target: Target;

  constructor() {
    this.target = (this.api.getState() ??
      JSON.parse(document.body.dataset.target ?? '{}')) as Target;
    this.problem.setAttribute('role', 'alert');
    for (const status of [this.notice, this.spoken]) status.setAttribute('role', 'status');
    document.body.append(this.spoken);
    returnFocus();
  }

  /** The name of the script; empty where it is about none. */
  get script(): string {
    return decodeURIComponent(this.target.uri?.split(/[?#]/)[0]?.split('/').at(-1) ?? '');
  }

  post(message: From): void {
    this.api.postMessage(message);
  }

  /** Shows this now, and again when the window is loaded anew. */
  keep(target: Target): void {
    this.target = target;
    this.api.setState(target);
  }

  listen(receive: (message: ToAnyPanel<Target>) => void): void {
    window.addEventListener('message', ({ data }) => receive(data));
  }

  tell(text: string): void {
    this.notice.textContent = text;
    this.notice.hidden = false;
  }

  showProblem({ message, step }: Problem): void {
    const take = () => this.api.postMessage({ type: 'takeStep' } satisfies TakeStep);
    this.problem.replaceChildren(h('p', {}, message), ...(step ? [button(step, take)] : []));
    this.problem.hidden = false;
    this.waiting.hidden = true;
  }

  /** Says to screen readers how things stand, once they stand so for a while. */
  announce(text: string): void {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (this.spoken.textContent !== text) this.spoken.textContent = text;
    }, CALM_MS);
  }
}

/** Asks while values change: answers to all questions but the last one are of no more use. */
export class LastQuestion {
  private id = 0;
  private timer: number | undefined;

  constructor(private readonly send: (id: number) => void) {}

  ask(): void {
    window.clearTimeout(this.timer);
    this.id += 1;
    this.send(this.id);
  }

  askSoon(delayMs: number): void {
    this.id += 1;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.ask(), delayMs);
  }

  isAnswered(id: number): boolean {
    return id === this.id;
  }
}
