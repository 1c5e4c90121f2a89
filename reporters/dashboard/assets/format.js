// Numbers, units and moments as text. Short text has three significant digits, exact text five, and
// whole counts in full.

import { coded, el } from "./dom.js";

const NOTHING = "–";
const GAP = "\u00a0";

// By unit: what to divide by, what stands behind it, and from where on if not from there. Two minutes, hours,
// days are where the larger unit begins to read better.
const COUNTS = [[1, ""], [1e3, "k", 1e4], [1e6, "M"], [1e9, "G"], [1e12, "T"], [1e15, "P"], [1, "", 1e18]];
const LADDERS = {
  __proto__: null,
  seconds: [
    [1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "min", 120], [3600, "h", 7200], [86400, "d", 172800],
  ],
  bytes: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].map((name, power) => [1024 ** power, name]),
  ratio: [[0.01, "%"]],
};

const writers = new Map();

/** `n` with so many significant digits, its thousands grouped. */
export function digits(n, most) {
  const size = Math.abs(n);
  if (size !== 0 && (size >= 1e18 || size < 1e-9)) {
    return n.toExponential(most - 1).replace(/\.?0*e\+?/, "e").replace(/^-/, "−");
  }
  if (!writers.has(most)) writers.set(most, new Intl.NumberFormat("en", { maximumSignificantDigits: most }));
  return writers.get(most).format(n).replace("-", "−");
}

/** How a number of about this size is written: what to divide by, and what stands behind it. */
export function scaleOf(size, unit) {
  const [, base, rate] = /^(.*?)( ?per second)?$/s.exec(unit ?? "");
  const ladder = LADDERS[base] ?? COUNTS;
  const [factor, word] = ladder.findLast(([step, , from = step]) => (size || 1) >= from) ?? ladder[0];
  const name = ladder === COUNTS && base !== "count" ? base : "";
  const text = (word && name ? word + GAP : word) + name + (rate ? "/s" : "");
  return { factor, suffix: text && GAP + text };
}

/** Short text, such as `1.5 MiB`, `12 k/s`, `35 %`. */
export const formatNumber = (n, unit) => write(n, unit, 3, 1e5);

/** The same number as exactly as one wants to read it. */
export const formatExact = (n, unit) => write(n, unit, 5, 1e18);

function write(n, unit, most, whole) {
  if (typeof n !== "number" || Number.isNaN(n)) return NOTHING;
  if (!Number.isFinite(n)) return n < 0 ? "−∞" : "∞";
  const counted = Number.isInteger(n) && Math.abs(n) < whole && !/second|bytes|^ratio$/.test(unit ?? "");
  if (counted) return digits(n, 21) + scaleOf(1, unit).suffix;
  // Rounded first: 999.96 ms is 1 s, not 1,000 ms.
  const { factor, suffix } = scaleOf(Math.abs(Number(n.toPrecision(most))), unit);
  return digits(n / factor, most) + suffix;
}

/** The time of day here, `19:20:15`. */
export const formatClock = (ms, seconds = true) => new Date(ms).toTimeString().slice(0, seconds ? 8 : 5);

/** The day here, `21 Nov`. */
export function formatDay(ms) {
  const [, month, day] = new Date(ms).toDateString().split(" ");
  return `${Number(day)} ${month}`;
}

/** The time of day, with the day before it unless that is today. */
export function formatTime(ms, now = Date.now()) {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return NOTHING;
  const today = new Date(ms).toDateString() === new Date(now).toDateString();
  return (today ? "" : `${formatDay(ms)} `) + formatClock(ms);
}

/** Any value of the stream as text. */
export function formatValue(value) {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "number") return formatNumber(value, "");
  if (typeof value !== "object") return String(value);
  if ("n" in value) return formatNumber(value.n, value.u);
  if ("t" in value) return formatTime(value.t);
  if ("c" in value) return String(value.c);
  if ("l" in value) return formatValue(value.x);
  if ("p" in value) return String(value.p).replaceAll("`", "");
  return value.h ? "hidden" : NOTHING;
}

/** How to have the values of a key that is hidden, `[..]` for one that is not known. */
export const hiddenText = (key) => `hidden: .show_metadata(${key ? JSON.stringify([key]) : "[..]"}) shows it`;

/** Any value of the stream as a node; a number tells its exact text when pointed at, what is hidden how to
 * have it: `key` is its key. */
export function valueNode(value, key) {
  const text = formatValue(value);
  const of = typeof value === "number" ? { n: value } : value;
  if (of !== null && typeof of === "object") {
    if ("n" in of) {
      const exact = formatExact(of.n, of.u);
      return el("span", { class: "number", title: exact !== text && exact, text });
    }
    if ("t" in of && text !== NOTHING) return el("time", { datetime: new Date(of.t).toISOString(), text });
    if ("c" in of) return el("code", { text });
    if ("l" in of) return el("a", { href: of.l }, valueNode(of.x));
    if ("p" in of) return el("span", null, coded(String(of.p)));
    if (of.h) {
      const how = hiddenText(key);
      return el("span", { class: "hidden-value", title: how, text }, el("span", { class: "unseen", text: how.slice(6) }));
    }
  }
  return document.createTextNode(text);
}
