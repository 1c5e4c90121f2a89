// The geometry of lines: what an SVG path says for a row of values. Nothing here knows of a page.

const round = (n) => Math.round(n * 10) / 10;

/** The path of `values`, one slot each; `x(n)` is where slot `n` begins (also for `n` = length), `y(value)`
 * how far down a value is. Null is a gap. `stepped` holds a value over its slot; else values stand in the
 * middle of their slots and are joined. */
export function linePath(values, x, y, stepped = false) {
  let path = "";
  let open = false;
  for (let n = 0; n < values.length; n += 1) {
    const value = values[n];
    if (value === null) {
      open = false;
      continue;
    }
    const down = round(y(value));
    if (stepped) {
      path += open ? `V${down}` : `M${round(x(n))} ${down}`;
      path += `H${round(x(n + 1))}`;
    } else {
      const middle = (x(n) + x(n + 1)) / 2;
      const alone = !open && (n + 1 === values.length || values[n + 1] === null);
      // A value alone between gaps is as long as its slot, and long enough to be seen.
      const reach = Math.max(1.5, middle - x(n));
      if (alone) path += `M${round(middle - reach)} ${down}H${round(middle + reach)}`;
      else path += `${open ? "L" : "M"}${round(middle)} ${down}`;
    }
    open = true;
  }
  return path;
}

/** The area between two lines, where both are there. */
export function bandPath(lower, upper, x, y) {
  let path = "";
  let from = null;
  for (let n = 0; n <= lower.length; n += 1) {
    const here = n < lower.length && lower[n] !== null && upper[n] !== null && upper[n] !== undefined;
    if (here && from === null) from = n;
    if (here || from === null) continue;
    const point = (values, at) => `${round((x(at) + x(at + 1)) / 2)} ${round(y(values[at]))}`;
    const points = [];
    for (let at = from; at < n; at += 1) points.push(point(upper, at));
    for (let at = n - 1; at >= from; at -= 1) points.push(point(lower, at));
    if (points.length > 2) path += `M${points.join("L")}Z`;
    from = null;
  }
  return path;
}

/** Gives each line its look: `{ key: class }`. Totals, limits and quantiles have their own; series get one of
 * eight colours and keep it in `taken` (key to colour) as long as they are there. */
export function looksOf(lines, taken, colours = 8) {
  const series = lines.filter((line) => line.role !== "total" && line.role !== "limit" && line.role !== "quantile");
  const keys = new Set(series.map((line) => line.key));
  for (const key of taken.keys()) if (!keys.has(key)) taken.delete(key);
  const looks = {};
  for (const { key, role } of lines) {
    if (keys.has(key)) {
      if (!taken.has(key)) taken.set(key, freeColour(taken, colours));
      looks[key] = `series-${taken.get(key)}`;
    } else if (role === "quantile") {
      looks[key] = /^(p50|p95|p99|max|mean)$/.test(key) ? `quantile ${key}` : "quantile";
    } else if (role === "limit") looks[key] = "limit";
    else looks[key] = keys.size > 0 ? "total" : "total only";
  }
  return looks;
}

function freeColour(taken, colours) {
  const used = new Set(taken.values());
  for (let colour = 1; colour <= colours; colour += 1) if (!used.has(colour)) return colour;
  return 1 + (taken.size % colours);
}
