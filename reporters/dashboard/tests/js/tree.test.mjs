import assert from "node:assert/strict";
import { test } from "node:test";
import { outline, visible } from "../../assets/tree.js";

const rows = (...depths) => depths.map((depth, index) => ({ key: `k${index}`, depth }));

test("each row knows its parent, its level and whether anything is below it", () => {
  const places = outline(rows(0, 1, 2, 1, 0));
  assert.deepEqual(places.map((place) => place.parent), [-1, 0, 1, 0, -1]);
  assert.deepEqual(places.map((place) => place.level), [1, 2, 3, 2, 1]);
  assert.deepEqual(places.map((place) => place.children), [true, true, false, false, false]);
});

test("depths that make no tree make one all the same", () => {
  const places = outline(rows(7, 9, -3, NaN, 1.5));
  assert.deepEqual(places.map((place) => place.parent), [-1, 0, -1, -1, 3]);
  assert.deepEqual(outline([]), []);
});

test("what is below a closed row is hidden, however deep", () => {
  const list = rows(0, 1, 2, 1, 0);
  const places = outline(list);
  assert.deepEqual(visible(list, places, new Set()), [true, true, true, true, true]);
  assert.deepEqual(visible(list, places, new Set(["k1"])), [true, true, false, true, true]);
  assert.deepEqual(visible(list, places, new Set(["k0"])), [true, false, false, false, true]);
  assert.deepEqual(visible(list, places, new Set(["gone"])), [true, true, true, true, true]);
});
