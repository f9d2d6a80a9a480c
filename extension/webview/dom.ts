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

/** What is left to answer, and where. */
export interface Question {
  text: string;
  at?: HTMLElement;
}
