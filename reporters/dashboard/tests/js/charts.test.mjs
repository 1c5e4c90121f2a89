// What charts do with their data: append and trim, paths, heat maps, tables, what is asked for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { append, boundsOf, endOf, isEmpty, middleOf, slotAt, wholeData } from "../../assets/data.js";
import { bucketText, countOf, edgeTicks, heightOf, levelOf, rowAt, windowOf } from "../../assets/heat.js";
import { bandPath, linePath, looksOf } from "../../assets/lines.js";
import { matches, nextShown, parseShow, showText } from "../../assets/show.js";
import { tableOf } from "../../assets/values.js";

const card = (values, more = {}) => ({
  start: 10_000, step: 1000, slots: 5, lines: [{ key: "a", label: "A", role: "total", values }], ...more,
});
const values = (data, key = "a") => data.lines.find((line) => line.key === key).values;

test("a whole card is trimmed to its slots, and what is no number is nothing", () => {
  const data = wholeData(card([1, 2, "3", NaN, null, 6, 7]));
  assert.deepEqual(values(data), [null, null, null, 6, 7]);
  assert.equal(data.start, 12_000);
  assert.equal(endOf(data), 17_000);
});

test("a card without lines, slots or step is an empty chart", () => {
  const data = wholeData({});
  assert.equal(data.length, 0);
  assert.ok(isEmpty(data));
  assert.equal(slotAt(data, 0), null);
});

test("appended slots push the oldest out", () => {
  const data = append(wholeData(card([1, 2, 3, 4])), { start: 14_000, lines: { a: [5, 6, 7] } });
  assert.deepEqual(values(data), [3, 4, 5, 6, 7]);
  assert.equal(data.start, 12_000);
});

test("a gap before what is appended stays a gap", () => {
  const data = append(wholeData(card([1, 2])), { start: 13_000, lines: { a: [4] } });
  assert.deepEqual(values(data), [1, 2, null, 4]);
});

test("what is appended over slots that are there replaces them", () => {
  const data = append(wholeData(card([1, 2, 3])), { start: 12_000, lines: { a: [30, 40] } });
  assert.deepEqual(values(data), [1, 2, 30, 40]);
  const early = append(wholeData(card([1, 2, 3])), { start: 9_000, lines: { a: [0, 10, 20] } });
  assert.deepEqual(values(early), [10, 20, 3]);
  assert.equal(early.start, 10_000);
});

test("after a gap longer than the range the chart begins anew", () => {
  const data = append(wholeData(card([1, 2, 3])), { start: 9_999_000, lines: { a: [8] } });
  assert.deepEqual(values(data), [8]);
  assert.equal(data.start, 9_999_000);
});

test("a line that is new, and one that says nothing, have gaps", () => {
  const data = append(wholeData(card([1, 2])), { start: 12_000, lines: { b: [3, 4] } });
  assert.deepEqual(values(data, "b"), [null, null, 3, 4]);
  assert.deepEqual(values(data), [1, 2, null, null]);
});

test("what makes no sense is not appended", () => {
  const data = wholeData(card([1]));
  append(data, { lines: { a: [2] } });
  append(data, { start: 11_000, lines: { a: "no" } });
  append(data, { start: 11_000 });
  assert.deepEqual(values(data), [1]);
});

test("columns of a heat map go with the lines", () => {
  const heat = { edges: [0, 1, null], columns: [[1, 0], null] };
  const data = append(wholeData(card([1, 2], { heat })), { start: 12_000, lines: { a: [3] }, columns: [[0, 4]] });
  assert.deepEqual(data.columns, [[1, 0], null, [0, 4]]);
});

test("a moment finds its slot, and none outside of the data", () => {
  const data = wholeData(card([1, 2, 3]));
  assert.deepEqual([9_999, 10_000, 10_999, 12_999, 13_000].map((time) => slotAt(data, time)), [null, 0, 0, 2, null]);
  assert.equal(slotAt(data, middleOf(data, 1)), 1);
});

test("appending bit by bit ends where a whole card does", () => {
  const all = Array.from({ length: 40 }, (_, n) => (n % 7 === 3 ? null : n * n));
  const data = wholeData(card(all.slice(0, 4), { slots: 12 }));
  for (let at = 4; at < 40; at += 3) append(data, { start: 10_000 + at * 1000, lines: { a: all.slice(at, at + 3) } });
  assert.deepEqual(data, wholeData(card(all, { slots: 12 })));
});

test("bounds leave out gaps", () => {
  assert.deepEqual(boundsOf([{ values: [null, -2, 5] }, { values: [7, null] }]), { low: -2, high: 7 });
  assert.equal(boundsOf([{ values: [null] }]), null);
});

const x = (n) => n * 10;
const y = (value) => 100 - value;

const dot = (across, down) => `M${across - 1} ${down}a1 1 0 1 1 2 0a1 1 0 1 1-2 0`;

test("a line is broken by gaps, and a value alone is a dot", () => {
  assert.equal(linePath([1, 2, null, 4, null, 5, 6], x, y), `M5 99L15 98M35 96${dot(35, 96)}M55 95L65 94`);
  assert.equal(linePath([], x, y), "");
});

test("what is shorter than can be seen has a dot at its end", () => {
  const narrow = (n) => n * 2;
  assert.equal(linePath([null, 4, 5, null], narrow, y), `M3 96L5 95${dot(5, 95)}`);
  assert.equal(linePath([null, 4, null], narrow, y, true), `M2 96H4${dot(3, 96)}`);
  assert.ok(!linePath([1, 2, 3], narrow, y).includes("a"));
});

test("a stepped line holds each value over its slot", () => {
  assert.equal(linePath([1, 3, null, 2], x, y, true), "M0 99H10V97H20M30 98H40");
});

test("a band is there where both of its lines are", () => {
  assert.equal(bandPath([1, 1, null, 1], [2, 2, 2, 2], x, y), "M5 98L15 98L15 99L5 99Z");
});

test("a series keeps its colour while others come and go", () => {
  const series = (...keys) => keys.map((key) => ({ key, role: "series" }));
  const taken = new Map();
  assert.deepEqual(looksOf(series("a", "b", "c"), taken), new Map([["a", "series-1"], ["b", "series-2"], ["c", "series-3"]]));
  assert.deepEqual(looksOf(series("d", "c", "a"), taken), new Map([["d", "series-2"], ["c", "series-3"], ["a", "series-1"]]));
  const many = looksOf(series(..."abcdefghijkl"), taken);
  assert.equal(new Set(many.values()).size, 8);
});

test("a total is drawn otherwise beside series than alone, and no key is a class by itself", () => {
  const total = { key: "t", role: "total" };
  const look = (...lines) => looksOf(lines, new Map()).get(lines[0].key);
  assert.equal(look(total), "only");
  assert.equal(look(total, { key: "a", role: "series" }), "total");
  assert.equal(look({ key: "p95", role: "quantile" }), "quantile p95");
  assert.equal(look({ key: "x y", role: "quantile" }), "quantile");
  assert.equal(look({ key: "__proto__", role: "series" }), "series-1");
});

const edges = [0, 1, 2, 5, 10, null];

test("only rows in use are shown, with one more around them", () => {
  assert.deepEqual(windowOf([[0, 0, 3, 0, 0], null, [0, 0, 1, 7, 0]], edges), { from: 1, rows: 4, most: 7 });
  assert.equal(windowOf([[0, 0, 0, 0, 0], null], edges), null);
  assert.deepEqual(windowOf([[1, 0, 0, 0, 9]], edges), { from: 0, rows: 5, most: 9 });
});

test("a value stands in its bucket's row, within it as far as it is", () => {
  const all = { from: 0, rows: 5 };
  assert.deepEqual([0, 0.5, 1, 3.5, 10, 999].map((value) => heightOf(value, edges, all)), [0, 0.1, 0.2, 0.5, 0.8, 0.9]);
  assert.equal(heightOf(-5, edges, all), 0);
  assert.equal(heightOf(99, edges, { from: 0, rows: 3 }), 1);
  assert.deepEqual([0, 0.19, 0.2, 0.99, 1].map((height) => rowAt(height, all)), [0, 0, 1, 4, 4]);
});

test("counts grow darker as their logarithm, and zero is nothing", () => {
  assert.equal(levelOf(0, 100), 0);
  assert.equal(levelOf(null, 100), 0);
  assert.equal(levelOf(100, 100), 1);
  const [one, ten, fifty] = [1, 10, 50].map((count) => levelOf(count, 100));
  assert.ok(one > 0.2 && one < ten && ten < fifty && fifty < 1);
  assert.ok(ten - one > fifty - ten);
  assert.ok(levelOf(1, 1) < 0.5);
});

test("edges are labelled with their unit, infinity is not", () => {
  const ticks = edgeTicks([0, 0.001, 0.01, null], { from: 0, rows: 3 }, "seconds", 9);
  assert.deepEqual(ticks.map(({ label }) => label.replace("\u00a0", " ")), ["0", "1 ms", "10 ms"]);
  assert.ok(edgeTicks(edges, { from: 0, rows: 5 }, "", 2).length <= 3);
});

test("a bucket says its bounds", () => {
  const text = (row, all = edges) => bucketText(all, row, "seconds").replaceAll("\u00a0", " ");
  assert.deepEqual([1, 4].map((row) => text(row)), ["1 s to 2 s", "over 10 s"]);
  assert.equal(text(0, [null, -1, 3]), "up to −1 s");
  assert.equal(countOf([1, 2, 3]), 6);
  assert.equal(countOf(null), null);
});

test("the table has the newest first, at most sixty rows, all of one unit", () => {
  const data = wholeData(card(Array.from({ length: 100 }, (_, n) => n / 100), { slots: 100 }));
  const table = tableOf(data, "seconds", "shop.time");
  assert.equal(table.caption, "shop.time, in ms, each over 1 s");
  assert.equal(table.rows.length, 60);
  assert.deepEqual(table.rows[0], { time: 10_000 + 99_000, cells: ["990"] });
  assert.deepEqual(tableOf(wholeData(card([null])), "", "n").rows[0].cells, ["–"]);
});

test("what is asked of a chart survives the address", () => {
  const shows = [{ id: 12 }, { id: 0, stat: "p95" }, { id: 3, stat: "rate", by: "total", find: "a;b=c; stat=d" }];
  for (const show of shows) {
    assert.deepEqual(parseShow(showText(show)), show);
  }
  assert.equal(showText({ id: 0 }), "0");
  assert.deepEqual(parseShow("7;strange=1;by=;stat=max"), { id: 7, stat: "max" });
  for (const wrong of ["", "x", ";stat=p95", "12stat"]) assert.equal(parseShow(wrong), null);
});

test("charts are asked for when one comes into sight, not for each that goes", () => {
  const shown = Array.from({ length: 12 }, (_, n) => n);
  assert.equal(nextShown(shown, [2, 3, 4]), null);
  assert.deepEqual(nextShown(shown, [10, 11, 12]), [10, 11, 12]);
  assert.deepEqual(nextShown([...shown, 12, 13], [0, 1]), [0, 1]);
  assert.equal(nextShown(shown, []), null);
  assert.equal(nextShown([], Array.from({ length: 80 }, (_, n) => n)).length, 60);
});

test("the filter wants all of its words, in the name, tags or description", () => {
  const chart = { name: "shop.stop.duration", type: "summary", tags: ["route"], description: "Time to answer" };
  assert.ok(matches(chart, "ROUTE shop"));
  assert.ok(matches(chart, "answer"));
  assert.ok(!matches(chart, "shop status"));
  assert.ok(matches({ name: "a" }, ""));
});
