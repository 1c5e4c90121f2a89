// Numbers, ticks, a chart's data, the heat map's arithmetic: what needs no page. `node --test` runs it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axisFor, roundStep, timeTicks } from "../../assets/axis.js";
import { formatClock, formatExact, formatNumber, formatTime, formatValue, hiddenText } from "../../assets/format.js";

// Numbers and their units do not part at the end of a line.
const written = (text) => text.replaceAll("\u00a0", " ");
const short = (n, unit) => written(formatNumber(n, unit));
const exact = (n, unit) => written(formatExact(n, unit));
const labels = (ticks) => ticks.map((tick) => written(tick.label));

test("times are written in the unit that suits their size", () => {
  const times = [0, 3e-9, 4.5e-6, 0.001, 0.0821, 2.5, 90, 150, 9000, 200_000];
  assert.deepEqual(times.map((n) => short(n, "seconds")),
    ["0 s", "3 ns", "4.5 µs", "1 ms", "82.1 ms", "2.5 s", "90 s", "2.5 min", "2.5 h", "2.31 d"]);
});

test("a number that is rounded up to the next unit is written in it", () => {
  assert.equal(short(0.99996, "seconds"), "1 s");
  assert.equal(short(1023.9999, "bytes"), "1,020 B");
  assert.equal(short(1024 ** 2 - 1, "bytes"), "1 MiB");
  assert.equal(exact(0.99996, "seconds"), "999.96 ms");
});

test("bytes go by 1024, counts by 1000, ratios are percentages", () => {
  assert.equal(short(1.5 * 1024 ** 2, "bytes"), "1.5 MiB");
  assert.equal(short(1.5 * 1024 ** 2, "bytes per second"), "1.5 MiB/s");
  assert.equal(short(0.35, "ratio"), "35 %");
  assert.equal(short(0.00123, "ratio"), "0.123 %");
  assert.equal(short(12_000, "per second"), "12 k/s");
  assert.equal(short(0.5, "per second"), "0.5 /s");
  assert.equal(short(0.35, "seconds per second"), "350 ms/s");
});

test("counts are written in full while they are short, and always where it must be exact", () => {
  assert.equal(short(1992, ""), "1,992");
  assert.equal(short(99_999, ""), "99,999");
  assert.equal(short(1_234_567, ""), "1.23 M");
  assert.equal(exact(1_234_567, ""), "1,234,567");
  assert.equal(exact(12.345678, ""), "12.346");
});

test("any other unit stands behind its number", () => {
  assert.equal(short(12, "requests"), "12 requests");
  assert.equal(short(1_200_000, "requests"), "1.2 M requests");
  assert.equal(short(1070, "euros per second"), "1,070 euros/s");
  assert.equal(short(3, "count"), "3");
});

test("negative, huge, tiny and missing numbers have a text", () => {
  assert.equal(short(-12.345, ""), "−12.3");
  assert.equal(short(1e21, ""), "1e21");
  assert.equal(short(-1.25e300, ""), "−1.25e300");
  assert.equal(short(1e-300, ""), "1e-300");
  assert.equal(short(Infinity, "seconds"), "∞");
  for (const nothing of [null, undefined, NaN, "12"]) assert.equal(short(nothing, "seconds"), "–");
});

test("each kind of value has a text", () => {
  const noon = new Date(2026, 10, 21, 12, 0, 5).getTime();
  assert.equal(formatValue(null), "–");
  assert.equal(formatValue("<b>"), "<b>");
  assert.equal(formatValue(1992), "1,992");
  assert.equal(formatValue(false), "false");
  assert.equal(written(formatValue({ n: 1.5, u: "seconds" })), "1.5 s");
  assert.equal(formatValue({ c: "a::b" }), "a::b");
  assert.equal(formatValue({ l: "traces?id=1", x: { c: "id" } }), "id");
  assert.equal(formatValue({ h: true }), "hidden");
  assert.equal(formatValue({ p: "ask `users` once" }), "ask users once");
  assert.equal(formatValue({ strange: 1 }), "–");
  assert.match(formatValue({ t: noon }), /12:00:05$/);
});

test("times are of here, with their day unless it is today", () => {
  const noon = new Date(2026, 10, 21, 12, 0, 5).getTime();
  assert.equal(formatClock(noon), "12:00:05");
  assert.equal(formatClock(noon, false), "12:00");
  assert.equal(formatTime(noon, noon + 1000), "12:00:05");
  assert.equal(formatTime(noon, noon + 86_400_000), "21 Nov 12:00:05");
  assert.equal(formatTime(NaN), "–");
  assert.equal(formatTime(1e300), "–");
});

test("steps are round in their own unit", () => {
  assert.deepEqual([0.3, 1, 1.1, 2.5, 7].map((raw) => roundStep(raw, "")), [0.5, 1, 2, 5, 10]);
  assert.deepEqual([700, 3000, 5e6].map((raw) => roundStep(raw, "bytes")), [1024, 4096, 8 * 1024 ** 2]);
  assert.deepEqual([7, 40, 700, 90_000].map((raw) => roundStep(raw, "seconds")), [10, 60, 900, 172_800]);
});

test("the ticks of an axis share one unit and are few", () => {
  const shown = (low, high, unit) => labels(axisFor(low, high, unit).ticks);
  assert.deepEqual(shown(0, 0.004, "seconds"), ["0", "1 ms", "2 ms", "3 ms", "4 ms"]);
  assert.deepEqual(shown(0, 5 * 1024 ** 2, "bytes"), ["0", "2 MiB", "4 MiB", "6 MiB"]);
  assert.deepEqual(shown(-70, 80, ""), ["−100", "−50", "0", "50", "100"]);
  assert.deepEqual(shown(0, 15_000, "per second"), ["0", "5 k/s", "10 k/s", "15 k/s"]);
});

test("an axis begins at zero, unless that would hide everything", () => {
  const [mid, wide] = [1.23e9, 1.7e9];
  assert.equal(axisFor(3, 80, "").min, 0);
  assert.equal(axisFor(mid, wide, "bytes", 4, true).min, 0);
  assert.equal(axisFor(mid, mid + 5e6, "bytes", 4, false).min, 0);
  const near = axisFor(mid, mid + 5e6, "bytes", 4, true);
  assert.ok(near.min > 1.2e9 && near.min < mid && near.max > mid + 5e6);
  assert.ok(near.ticks.every(({ label }) => /^1,1\d\d.MiB$/.test(label)), String(labels(near.ticks)));
  assert.ok(axisFor(-80, -3, "").max === 0);
});

test("an axis holds whatever values there are", () => {
  const cases = [[0, 0], [5, 5], [-3, -3], [0, 5e-324], [-1.7e308, 1.7e308], [1e-300, 1e300], [0.1, 0.3]];
  for (const [low, high] of cases) {
    for (const near of [false, true]) {
      const { min, max, ticks } = axisFor(low, high, "", 4, near);
      assert.ok(Number.isFinite(min) && Number.isFinite(max) && min < max, `${low}..${high}: ${min}..${max}`);
      assert.ok(min <= low && max >= high, `${low}..${high}: ${min}..${max}`);
      assert.ok(ticks.length <= 12, `${low}..${high}: ${ticks.length}`);
    }
  }
  assert.deepEqual(axisFor(NaN, NaN, ""), { min: 0, max: 1, ticks: [] });
});

test("moments are round on the clock on the wall", () => {
  const from = new Date(2026, 10, 21, 9, 7, 30).getTime();
  const shown = (seconds, count) => timeTicks(from, from + seconds * 1000, count).map((tick) => tick.label);
  assert.deepEqual(shown(60, 4), ["09:07:30", "09:07:45", "09:08:00", "09:08:15", "09:08:30"]);
  assert.deepEqual(shown(900, 4), ["09:10", "09:15", "09:20"]);
  assert.deepEqual(shown(21_600, 6), ["10:00", "11:00", "12:00", "13:00", "14:00", "15:00"]);
  assert.deepEqual(shown(86_400, 4), ["12:00", "18:00", "22 Nov", "06:00"]);
  assert.deepEqual(timeTicks(5, 5, 4), []);
  assert.deepEqual(timeTicks(0, 1000, NaN), []);
});

test("ticks go on where clocks are changed", () => {
  const before = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  const shown = (month, day, hour, seconds, count) => {
    const from = Date.UTC(2026, month, day, hour, 30);
    return timeTicks(from, from + seconds * 1000, count).map((tick) => tick.label);
  };
  try {
    assert.deepEqual(shown(2, 29, 0, 3600, 4), ["01:30", "01:45", "03:00", "03:15", "03:30"]);
    assert.deepEqual(shown(9, 25, 0, 3600, 4), ["02:30", "02:45", "02:00", "02:15", "02:30"]);
    assert.deepEqual(shown(2, 28, 17, 86_400, 4), ["29 Mar", "06:00", "12:00", "18:00"]);
    assert.deepEqual(shown(9, 24, 17, 86_400, 4), ["25 Oct", "06:00", "12:00", "18:00"]);
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("what is hidden says how to have it, with its key", () => {
  assert.equal(hiddenText("reason"), 'hidden: .show_metadata(["reason"]) shows it');
  assert.equal(hiddenText('a"b'), 'hidden: .show_metadata(["a\\"b"]) shows it');
  assert.equal(hiddenText(), "hidden: .show_metadata([..]) shows it");
});
