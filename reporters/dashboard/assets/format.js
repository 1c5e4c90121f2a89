// Numbers, units and moments as text. Short text has three significant digits, exact text five, and
// whole counts in full.

import { el } from "./dom.js";

export { axisTicks } from "./axis.js";

const NOTHING = "–";
const GAP = "\u00a0";
const TIMES = [[1e-9, "ns"], [1e-6, "µs"], [1e-3, "ms"], [1, "s"], [60, "min"], [3600, "h"], [86400, "d"]];
const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"].map((name, power) => [1024 ** power, name]);
const COUNTS = [[1, ""], [1e3, "k"], [1e6, "M"], [1e9, "G"], [1e12, "T"], [1e15, "P"]];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const HIDDEN = "Not shown: the program does not allow this key's values on the dashboard.";

const writers = new Map();

/** `n` with so many significant digits, its thousands grouped. */
export function digits(n, most) {
  const size = Math.abs(n);
  if (size !== 0 && (size >= 1e18 || size < 1e-9)) {
    return n.toExponential(most - 1).replace(/\.?0*e\+?/, "e").replace(/^-/, "−");
  }
  let writer = writers.get(most);
  if (!writer) {
    writer = new Intl.NumberFormat("en", { maximumSignificantDigits: most });
    writers.set(most, writer);
  }
  return writer.format(n).replace("-", "−");
}

/** How a number of about this size is written: what to divide by, and what stands behind it. */
export function scaleOf(size, unit) {
  const name = unit ?? "";
  const rate = /^(?:(.*) )?per second$/.exec(name);
  const base = rate ? (rate[1] ?? "") : name;
  const end = rate ? "/s" : "";
  if (base === "ratio") return { factor: 0.01, suffix: `${GAP}%${end}` };
  if (base === "seconds") {
    // Two minutes, hours, days are where the larger unit begins to read better.
    const [factor, word] = rung(TIMES, size, (step) => (step > 1 ? 2 * step : step));
    return { factor, suffix: `${GAP}${size === 0 ? "s" : word}${end}`, ...(size === 0 && { factor: 1 }) };
  }
  if (base === "bytes") {
    const [factor, word] = rung(SIZES, size, (step) => step);
    return { factor, suffix: `${GAP}${word}${end}` };
  }
  const [factor, prefix] = size < 1e18 ? rung(COUNTS, size, (step) => (step === 1e3 ? 1e4 : step)) : COUNTS[0];
  const word = (base === "count" ? "" : base) + end;
  const parts = [prefix + (base ? "" : end), base && word].filter((part) => part !== "");
  return { factor, suffix: parts.map((part) => GAP + part).join("") };
}

function rung(ladder, size, from) {
  let found = ladder[0];
  for (const step of ladder) if (size >= from(step[0])) found = step;
  return found;
}

/** Short text, such as `1.5 MiB`, `12 k/s`, `35 %`. */
export function formatNumber(n, unit) {
  return write(n, unit, 3, 1e5);
}

/** The same number as exactly as one wants to read it. */
export function formatExact(n, unit) {
  return write(n, unit, 5, 1e18);
}

function write(n, unit, most, whole) {
  if (typeof n !== "number" || Number.isNaN(n)) return NOTHING;
  if (!Number.isFinite(n)) return n < 0 ? "−∞" : "∞";
  // Rounded first: 999.96 ms is 1 s, not 1,000 ms.
  const size = Math.abs(Number(n.toPrecision(most)));
  const counted = Number.isInteger(n) && Math.abs(n) < whole && !/second|bytes|^ratio$/.test(unit ?? "");
  if (counted) return digits(n, 21) + scaleOf(1, unit).suffix;
  const { factor, suffix } = scaleOf(size, unit);
  return digits(n / factor, most) + suffix;
}

const two = (n) => String(n).padStart(2, "0");

/** The time of day here, `19:20:15`. */
export function formatClock(ms, seconds = true) {
  const at = new Date(ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}${seconds ? `:${two(at.getSeconds())}` : ""}`;
}

/** The day here, `21 Nov`. */
export function formatDay(ms) {
  const at = new Date(ms);
  return `${at.getDate()} ${MONTHS[at.getMonth()]}`;
}

/** The time of day, with the day before it unless that is today. */
export function formatTime(ms, now = Date.now()) {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return NOTHING;
  const today = new Date(ms).toDateString() === new Date(now).toDateString();
  return today ? formatClock(ms) : `${formatDay(ms)} ${formatClock(ms)}`;
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
  return value.h ? "hidden" : NOTHING;
}

/** Any value of the stream as a node; a number tells its exact text when pointed at. */
export function valueNode(value) {
  const text = formatValue(value);
  if (typeof value === "number") return number(value, "", text);
  if (value === null || typeof value !== "object") return document.createTextNode(text);
  if ("n" in value) return number(value.n, value.u, text);
  if ("t" in value) return moment(value.t, text);
  if ("c" in value) return el("code", { text });
  if ("l" in value) return isSafe(value.l) ? el("a", { href: value.l }, valueNode(value.x)) : valueNode(value.x);
  return value.h ? el("span", { class: "hidden-value", title: HIDDEN, text }) : document.createTextNode(text);
}

function number(n, unit, text) {
  const exact = formatExact(n, unit);
  return el("span", { class: "number", title: exact === text ? null : exact, text });
}

function moment(ms, text) {
  return text === NOTHING ? document.createTextNode(text) : el("time", { datetime: new Date(ms).toISOString(), text });
}

/** Whether a link leads to a page, not to a script. */
export function isSafe(href) {
  try {
    return /^https?:$/.test(new URL(href, document.baseURI).protocol);
  } catch {
    return false;
  }
}
