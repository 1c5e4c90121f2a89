import assert from "node:assert/strict";
import { test } from "node:test";
import { coded, isSafe } from "../../assets/dom.js";
import { arrange, keyed } from "../../assets/keyed.js";

// As much of an element as lists need, and a count of what was moved.
function parent() {
  const it = {
    children: [],
    moved: 0,
    insertBefore(node, next) {
      it.moved += 1;
      node.remove();
      const at = next === null ? it.children.length : it.children.indexOf(next);
      assert(at >= 0);
      it.children.splice(at, 0, node);
    },
  };
  it.node = (name) => ({
    name,
    remove() { it.children = it.children.filter((other) => other !== this); },
  });
  return it;
}

const names = (list) => list.children.map(({ name }) => name).join("");
const show = (list, keys) => keyed(list, [...keys], (key) => key, list.node,
  (node, item, index) => Object.assign(node, { item, index }));

test("elements stay while their items are there, and go with them", () => {
  const list = parent();
  show(list, "abc");
  const [a, , c] = list.children;
  show(list, "cxa");
  assert.equal(names(list), "cxa");
  assert.equal(list.children[0], c);
  assert.equal(list.children[2], a);
  assert.equal(a.index, 2, "each is written anew");
  show(list, "");
  assert.equal(names(list), "");
});

test("what stays in order is not touched", () => {
  const list = parent();
  show(list, "abcdef");
  list.moved = 0;
  show(list, "abcdef");
  assert.equal(list.moved, 0);
  show(list, "fabcde");
  assert.equal(list.moved, 1, "one that comes to the front moves alone");
  show(list, "facde");
  assert.equal(list.moved, 1, "one that goes moves nothing");
  show(list, "fxacde");
  assert.equal(list.moved, 2);
});

test("of two items with one key the first is shown", () => {
  const list = parent();
  keyed(list, [{ key: "a", n: 1 }, { key: "a", n: 2 }], ({ key }) => key, list.node,
    (node, { n }) => Object.assign(node, { n }));
  assert.deepEqual(list.children.map(({ n }) => n), [1]);
});

test("any order comes out as asked, and what does not belong is left in", () => {
  const list = parent();
  const nodes = [..."abcdefg"].map(list.node);
  list.children = [list.node("!"), ...nodes];
  for (const order of [[6, 5, 4, 3, 2, 1, 0], [0, 2, 4, 6, 1, 3, 5], [3, 0, 6, 1, 5, 2, 4]]) {
    arrange(list, order.map((at) => nodes[at]));
    const here = list.children.filter(({ name }) => name !== "!");
    assert.deepEqual(here.map((node) => nodes.indexOf(node)), order);
    assert.equal(list.children.length, 8);
  }
});

test("addresses that run something lead nowhere", () => {
  globalThis.document = { baseURI: "http://localhost/dashboard/overview" };
  for (const href of ["traces?id=1", "https://example.org/", "/x", "mailto:a@example.org"]) {
    assert(isSafe(href), href);
  }
  for (const href of ["javascript:alert(1)", " JavaScript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "http://["]) {
    assert(!isSafe(href), href);
  }
  delete globalThis.document;
});

test("what stands between backticks is code, and one alone is a backtick", () => {
  globalThis.document = { createElement: (name) => ({ name, append() {} }) };
  const read = (text) => coded(text).map((piece) => piece.textContent ?? piece).join("|");
  assert.equal(read("use `a` or `b`."), "use |a| or |b|.");
  assert.equal(read("a ` b"), "a |` b");
  assert.equal(read("<b>"), "<b>");
  delete globalThis.document;
});
