import assert from "node:assert/strict";
import { test } from "node:test";
import { sortKey, sortRows } from "../../assets/table.js";
import { asked } from "../../assets/traces.js";

const table = (...cells) => cells.map((cell, index) => ({ key: `k${index}`, cells: [cell] }));
const sorted = (rows, descending) => sortRows(rows, 0, descending).map((row) => row.key).join(" ");

test("a value sorts by what it is of, whatever stands around it", () => {
  const values = [null, undefined, 3, "a", { n: 1.5, u: "seconds" }, { t: 12 }, { c: "x" },
    { p: "y `z`" }, { l: "traces", x: { n: 7 } }, { h: true }, {}];
  assert.deepEqual(values.map((value) => sortKey(value)), [null, null, 3, "a", 1.5, 12, "x", "y `z`", 7, null, null]);
});

test("numbers sort by size, and what is missing comes last either way", () => {
  const rows = table({ n: 10, u: "s" }, null, { n: 9, u: "s" }, 0);
  assert.equal(sorted(rows, false), "k3 k2 k0 k1");
  assert.equal(sorted(rows, true), "k0 k2 k3 k1");
});

test("texts sort as people count, and equal ones stay in the server's order", () => {
  assert.equal(sorted(table("worker 10", "worker 9", "Worker 1"), false), "k2 k1 k0");
  assert.equal(sorted(table("a", "b", "a"), true), "k1 k0 k2");
});

test("rows that are too short sort as if their cell were missing", () => {
  assert.equal(sorted([{ key: "short", cells: [] }, ...table("a")], false), "k0 short");
});

test("a search for 32 hex digits asks for that trace, all else for a route", () => {
  const id = "4bf92f3577b34da6a3ce929d0e0e4736";
  assert.equal(asked(` ${id.toUpperCase()} `).id, id);
  assert.equal(asked(id).route, null);
  assert.equal(asked("/orders/{id}").route, "/orders/{id}");
  assert.equal(asked(`${id}0`).id, null);
  for (const other of [`00-${id}-00f067aa0ba902b7-01`, "4bf92f35-77b3-4da6-a3ce-929d0e0e4736"]) {
    assert.equal(asked(other).id, other);
  }
  assert.deepEqual(asked("  "), { id: null, route: null });
});
