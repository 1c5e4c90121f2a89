// A heat map: a column per slot, a row per bucket, all rows of the same height. Buckets grow from one
// to the next, so that rows are close to a logarithmic axis without its trouble with zero.

import { digits, formatNumber, scaleOf } from "./format.js";

const FEW = 6;

let shade = "";

/** The rows worth showing: from the first to the last bucket in use and one more on either side,
 * null if nothing was counted. */
export function windowOf(columns, edges) {
  let low = Infinity;
  let high = -1;
  let most = 0;
  for (const column of columns) {
    column?.forEach((count, row) => {
      if (!(count > 0)) return;
      low = Math.min(low, row);
      high = Math.max(high, row);
      most = Math.max(most, count);
    });
  }
  if (high < 0) return null;
  const from = Math.max(0, low - 1);
  const to = Math.min(edges.length - 2, high + 1);
  return { from, rows: to - from + 1, most };
}

/** How dark a count is, 0 to 1: as its logarithm, so that a few beside many are still seen. Where there are
 * never more than a few, all are pale. */
export function levelOf(count, most) {
  if (!(count > 0) || !(most > 0)) return 0;
  return 0.12 + 0.88 * (Math.log1p(count) / Math.log1p(Math.max(most, count, FEW)));
}

const boundsOf = (edges, row) => [edges[row] ?? -Infinity, edges[row + 1] ?? Infinity];

/** How high a value stands, 0 (bottom) to 1 (top): linear within its bucket; in the middle of
 * one without end. */
export function heightOf(value, edges, { from, rows }) {
  for (let row = from; row < from + rows; row += 1) {
    const [lower, upper] = boundsOf(edges, row);
    if (value > upper) continue;
    const within = Number.isFinite(upper - lower) ? Math.max(0, (value - lower) / (upper - lower)) : 0.5;
    return (row - from + within) / rows;
  }
  return 1;
}

/** The row at a height of 0 to 1. */
export function rowAt(height, { from, rows }) {
  return from + Math.max(0, Math.min(rows - 1, Math.floor(height * rows)));
}

/** The labelled edges, about `count`: `[{ height, label }]`. */
export function edgeTicks(edges, { from, rows }, unit, count) {
  const every = Math.max(1, Math.ceil((rows + 1) / Math.max(1, count)));
  const ticks = [];
  for (let n = 0; n <= rows; n += every) {
    const edge = edges[from + n] ?? null;
    if (edge === null) continue;
    const { factor, suffix } = scaleOf(Math.abs(edge), unit);
    ticks.push({ height: n / rows, label: edge === 0 ? "0" : digits(edge / factor, 3) + suffix });
  }
  return ticks;
}

/** The bounds of a bucket in words. */
export function bucketText(edges, row, unit) {
  const [lower, upper] = boundsOf(edges, row);
  if (upper === Infinity) return `over ${formatNumber(lower, unit)}`;
  return `${lower === -Infinity ? "up" : formatNumber(lower, unit)} to ${formatNumber(upper, unit)}`;
}

/** How many were counted in a column. */
export function countOf(column) {
  return column ? column.reduce((sum, count) => sum + (count > 0 ? count : 0), 0) : null;
}

/** The colours are others now. */
export function forgetShade() {
  shade = "";
}

/** Draws the columns, a pixel per bucket and slot, in the canvas's text colour; the browser stretches it
 * without smoothing. */
export function drawHeat(canvas, columns, { from, rows, most }) {
  // Clears it, too.
  Object.assign(canvas, { width: Math.max(1, columns.length), height: rows });
  const ink = canvas.getContext("2d");
  // Asked for once: it may make the browser do all styles.
  shade ||= getComputedStyle(canvas).color;
  ink.fillStyle = shade;
  columns.forEach((column, x) => {
    for (let row = 0; row < rows; row += 1) {
      ink.globalAlpha = levelOf(column?.[from + row], most);
      if (ink.globalAlpha > 0) ink.fillRect(x, rows - 1 - row, 1, 1);
    }
  });
}
