/** Makes elements: `h('p', { className: 'quiet' }, 'text', child)`. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** A labelled line of controls. */
export function row(label: string, id: string, ...inputs: Node[]): HTMLElement {
  return h('div', { className: 'row' }, h('label', { htmlFor: id }, label), ...inputs);
}

/** A button that does nothing while it is not enabled. */
export function button(label: string, press: () => void, className = 'secondary') {
  const made = h('button', { type: 'button', className }, label);
  made.addEventListener('click', () => {
    if (made.ariaDisabled !== 'true') press();
  });
  return made;
}

/** Not by `disabled`, for which a button loses the focus, and screen readers pass it over. */
export function setEnabled(element: HTMLButtonElement, isEnabled: boolean): void {
  element.ariaDisabled = String(!isEnabled);
}

/** Does what may make elements anew; the focus stays on the one of the same id. */
export function keepingFocus(work: () => void): void {
  const before = document.activeElement?.id;
  work();
  if (before && document.activeElement?.id !== before)
    document.getElementById(before)?.focus({ preventScroll: true });
}

/** Gives the focus back to what had it, after the editor has asked for something elsewhere. */
export function returnFocus(): void {
  let last: HTMLElement | undefined;
  document.addEventListener('focusin', ({ target }) => {
    last = target as HTMLElement;
  });
  window.addEventListener('focus', () => {
    if (!last || document.activeElement !== document.body) return;
    const now = last.isConnected ? last : document.getElementById(last.id);
    now?.focus({ preventScroll: true });
  });
}

/** What is left to answer, and the id of the element where it is answered. */
export interface Question {
  text: string;
  at?: string;
}
