// The geometry of lines: what an SVG path says for a row of values. Nothing here knows of a page.

const SHORT = 6;
const COLOURS = [1, 2, 3, 4, 5, 6, 7, 8];

const round = (n) => Math.round(n * 10) / 10;

// From where to where (excluded) there is something without a gap.
function runs(length, has) {
  const found = [];
  let from = null;
  for (let n = 0; n <= length; n += 1) {
    if (n < length && has(n)) from ??= n;
    else if (from !== null) {
      found.push([from, n]);
      from = null;
    }
  }
  return found;
}

/** The path of `values`, one slot each; `x(n)` is where slot `n` begins (also for `n` = length), `y(value)`
 * how far down a value is. Null is a gap. `held` holds a value over its slot; else values stand in the
 * middle of their slots and are joined. Where that is too short to be seen there is a dot. */
export function linePath(values, x, y, held = false) {
  let path = "";
  for (const [from, to] of runs(values.length, (n) => values[n] !== null)) {
    let down = 0;
    let middle = 0;
    for (let n = from; n < to; n += 1) {
      down = round(y(values[n]));
      middle = round((x(n) + x(n + 1)) / 2);
      if (held) path += `${n === from ? `M${round(x(n))} ` : "V"}${down}H${round(x(n + 1))}`;
      else path += `${n === from ? "M" : "L"}${middle} ${down}`;
    }
    const alone = to - from === 1 && !held;
    if (alone || x(to) - x(from) < SHORT) path += `M${round(middle - 1)} ${down}a1 1 0 1 1 2 0a1 1 0 1 1-2 0`;
  }
  return path;
}

/** The area between two lines, where both are there. */
export function bandPath(lower, upper, x, y) {
  let path = "";
  for (const [from, to] of runs(lower.length, (n) => lower[n] !== null && (upper[n] ?? null) !== null)) {
    const point = (value, n) => `${round((x(from + n) + x(from + n + 1)) / 2)} ${round(y(value))}`;
    const points = (values) => values.slice(from, to).map(point);
    if (to - from > 1) path += `M${[...points(upper), ...points(lower).reverse()].join("L")}Z`;
  }
  return path;
}

/** Gives each line its look: a Map from key to class. Totals, limits and quantiles have their own; series get
 * one of eight colours and keep it in `taken` (key to colour) as long as they are there. */
export function looksOf(lines, taken) {
  const series = lines.filter(({ role }) => !["total", "limit", "quantile"].includes(role));
  const keys = new Set(series.map(({ key }) => key));
  for (const key of taken.keys()) if (!keys.has(key)) taken.delete(key);
  for (const key of keys) {
    const used = [...taken.values()];
    if (!taken.has(key)) taken.set(key, COLOURS.find((colour) => !used.includes(colour)) ?? 1 + (used.length % 8));
  }
  return new Map(lines.map(({ key, role }) => {
    if (keys.has(key)) return [key, `series-${taken.get(key)}`];
    if (role === "quantile" && /^\w+$/.test(key)) return [key, `quantile ${key}`];
    return [key, role === "total" && keys.size === 0 ? "only" : role];
  }));
}
