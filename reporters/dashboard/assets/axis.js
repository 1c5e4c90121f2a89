// Where the ticks of an axis stand. Values: few, round in their own unit (halves of a mebibyte, quarters
// of an hour). Times: round in local time.

import { digits, formatClock, formatDay, scaleOf } from "./format.js";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
// Seconds that are round on a clock.
const TIMES = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, HOUR, 7200, 10800, 14400, 21600, 43200,
  ...[1, 2, 7, 14, 28].map((n) => n * DAY),
];

/** The round step at or above `raw`. */
export function roundStep(raw, unit) {
  if (!(raw > 0)) return 1;
  if (/^bytes/.test(unit ?? "") && raw > 512 && raw < 1e300) return 2 ** Math.ceil(Math.log2(raw));
  if (unit === "seconds" && raw > 5) {
    return TIMES.find((step) => step >= raw) ?? DAY * roundStep(raw / DAY, "");
  }
  const power = 10 ** Math.floor(Math.log10(raw));
  // A subnormal number has no power of ten below it.
  if (!(power > 0)) return raw;
  return [1, 2, 5, 10].find((times) => times * power >= raw * 0.999999) * power;
}

// Ticks within `min..max`, all in one unit: `[{ value, label }]`.
function ticksBy(min, max, step, unit) {
  let { factor, suffix } = scaleOf(Math.max(Math.abs(min), Math.abs(max)), unit);
  // Far from zero, in a smaller unit: 1,168 MiB and 1,172 MiB rather than many digits of GiB.
  if (step / factor < 0.05) ({ factor, suffix } = scaleOf(50 * step, unit));
  const ticks = [];
  const last = Math.floor(max / step + 1e-6);
  for (let n = Math.ceil(min / step - 1e-6); n <= last && ticks.length < 50; n += 1) {
    const value = Number((n * step).toPrecision(12));
    const label = value === 0 ? "0" : digits(Number((value / factor).toPrecision(9)), 6) + suffix;
    if (Number.isFinite(value)) ticks.push({ value, label });
  }
  return ticks;
}

/** An axis around the values `low..high`: `{ min, max, ticks }`, its ends on ticks.
 *
 * It begins at zero. With `near` it does not if the values would then be one flat line: when all
 * of them lie within a twentieth of the largest. No step is smaller than `least`. */
export function axisFor(low, high, unit, count = 4, near = false, least = 0) {
  if (!(low <= high)) return { min: 0, max: 1, ticks: [] };
  const spread = high - low;
  const largest = Math.max(Math.abs(low), Math.abs(high));
  let [from, to] = [Math.min(0, low), Math.max(0, high)];
  if (near && spread > 0 && spread < largest / 20 && low * high > 0) {
    const margin = Math.max(spread / 4, (largest / 100 - spread) / 2);
    [from, to] = [low - margin, high + margin];
  }
  // No number is finer.
  if (!(to - from > 1e-300)) return { min: 0, max: 1, ticks: [{ value: 0, label: "0" }] };
  const step = Math.max(least, roundStep(to / count - from / count, unit));
  const min = Math.max(-Number.MAX_VALUE, Math.floor(from / step + 1e-6) * step);
  const max = Math.max(min + step, Math.min(Number.MAX_VALUE, Math.ceil(to / step - 1e-6) * step));
  return { min, max, ticks: ticksBy(min, max, step, unit) };
}

/** Round moments within `from..to`, at most `count`: `[{ time, label }]`. */
export function timeTicks(from, to, count) {
  const span = (to - from) / 1000;
  if (!(span > 0) || !(count >= 1)) return [];
  const step = TIMES.find((step) => span / step <= count) ?? TIMES.at(-1);
  const ticks = [];
  let time = nextRound(from, step * 1000);
  while (time <= to && ticks.length < 50) {
    const day = step >= HOUR && formatClock(time) === "00:00:00";
    ticks.push({ time, label: day ? formatDay(time) : formatClock(time, step < MINUTE) });
    time = nextRound(time + 1, step * 1000);
  }
  return ticks;
}

// The first moment at or after `time` that is a multiple of `step` on the clock on the wall.
function nextRound(time, step) {
  const away = (at) => new Date(at).getTimezoneOffset() * MINUTE * 1000;
  const round = Math.ceil((time - away(time)) / step) * step;
  const found = round + away(time);
  // The clock may have been changed in between. That moves no full hour, but a quarter of a day.
  const moved = round + away(found);
  return step > HOUR * 1000 && moved >= time ? moved : found;
}
