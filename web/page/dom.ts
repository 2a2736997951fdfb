/** Making and filling elements. Text always goes in as text, never as HTML: names of processes are not ours. */

type Attributes = Readonly<Record<string, string>>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Leaves the node alone where the text is the same, so that nothing is laid out or read out again. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** The element of index.html with this id. */
export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (node === null) throw new Error(`index.html has no #${id}`);
  return node;
}

const shown = new WeakMap<HTMLElement, string>();

/** Replaces the children, unless `key` says that they would be the same as those shown. */
export function refill(node: HTMLElement, key: string, children: () => readonly (Node | string)[]): void {
  if (shown.get(node) === key) return;
  shown.set(node, key);
  node.replaceChildren(...children());
}
