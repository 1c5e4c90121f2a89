// Lists whose elements stay: an item that is still there keeps its element,
// and with it focus, scroll position, selection and what is open.

import { staying } from "./delta.js";
import { rewrite } from "./dom.js";
import { valueNode } from "./format.js";

/** Gives `parent` one child per item. `make(item)` makes an element, and
 * `update(element, item, index)` writes an item into it, at first too. Items
 * with a key that was there already are left out. */
export function keyed(parent, items, keyOf, make, update) {
  const old = (parent.keyed ??= new Map());
  const now = new Map();
  items.forEach((item, index) => {
    const key = String(keyOf(item, index));
    if (now.has(key)) return;
    const node = old.get(key) ?? make(item);
    now.set(key, node);
    update?.(node, item, index);
  });
  for (const [key, node] of old) if (!now.has(key)) node.remove();
  parent.keyed = now;
  arrange(parent, [...now.values()]);
}

/** Puts `nodes` into `parent` in this order, moving as few as possible. Other
 * children stay in front. */
export function arrange(parent, nodes) {
  const at = new Map([...parent.children].map((node, index) => [node, index]));
  const positions = nodes.map((node) => at.get(node) ?? -1);
  const stay = staying(positions);
  let next = null;
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    if (!stay.has(index)) parent.insertBefore(nodes[index], next);
    next = nodes[index];
  }
}

/** Writes a value into an element, unless it is there already. */
export function putValue(node, value = null) {
  rewrite(node, value, () => valueNode(value));
}
