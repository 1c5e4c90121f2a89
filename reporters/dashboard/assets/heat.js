// A heat map: a column per slot, a row per bucket, all rows of the same height. Buckets grow from one
// to the next, so that rows are close to a logarithmic axis without its trouble with zero.

import { digits, formatNumber, scaleOf } from "./format.js";

const SHADES = 48;
const FEW = 6;

/** The rows worth showing: from the first to the last bucket in use and one more on either side,
 * null if nothing was counted. */
export function rowsUsed(columns) {
  let from = Infinity;
  let to = -1;
  let most = 0;
  for (const column of columns) {
    if (!column) continue;
    for (let row = 0; row < column.length; row += 1) {
      if (!(column[row] > 0)) continue;
      if (row < from) from = row;
      if (row > to) to = row;
      if (column[row] > most) most = column[row];
    }
  }
  return to < 0 ? null : { from, to, most };
}

/** The rows to draw, of all that `edges` make. */
export function windowOf(columns, edges) {
  const used = rowsUsed(columns);
  if (!used) return null;
  const from = Math.max(0, used.from - 1);
  const to = Math.min(edges.length - 2, used.to + 1);
  return { from, to, rows: to - from + 1, most: used.most };
}

/** How dark a count is, 0 to 1: as its logarithm, so that a few beside many are still seen. Where there are
 * never more than a few, all are pale. */
export function levelOf(count, most) {
  if (!(count > 0) || !(most > 0)) return 0;
  return 0.12 + 0.88 * (Math.log1p(count) / Math.log1p(Math.max(most, count, FEW)));
}

const lowerEdge = (edges, row) => edges[row] ?? -Infinity;
const upperEdge = (edges, row) => edges[row + 1] ?? Infinity;

/** How high a value stands, 0 (bottom) to 1 (top): linear within its bucket; in the middle of
 * one without end. */
export function heightOf(value, edges, { from, rows }) {
  for (let row = from; row < from + rows; row += 1) {
    const [lower, upper] = [lowerEdge(edges, row), upperEdge(edges, row)];
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
    const edge = edges[from + n];
    if (edge === null || edge === undefined) continue;
    const { factor, suffix } = scaleOf(Math.abs(edge), unit);
    ticks.push({ height: n / rows, label: edge === 0 ? "0" : digits(edge / factor, 3) + suffix });
  }
  return ticks;
}

/** The bounds of a bucket in words. */
export function bucketText(edges, row, unit) {
  const [lower, upper] = [lowerEdge(edges, row), upperEdge(edges, row)];
  if (upper === Infinity) return `over ${formatNumber(lower, unit)}`;
  if (lower === -Infinity) return `up to ${formatNumber(upper, unit)}`;
  return `${formatNumber(lower, unit)} to ${formatNumber(upper, unit)}`;
}

/** How many were counted in a column. */
export function countOf(column) {
  return column ? column.reduce((sum, count) => sum + (count > 0 ? count : 0), 0) : null;
}

/** Draws the columns, a pixel per bucket and slot; the browser stretches it without smoothing. */
export function drawHeat(canvas, columns, { from, rows, most }) {
  const width = Math.max(1, columns.length);
  if (canvas.width !== width || canvas.height !== rows) Object.assign(canvas, { width, height: rows });
  const ink = canvas.getContext("2d");
  const image = ink.createImageData(width, rows);
  const shades = shadesOf(canvas);
  columns.forEach((column, x) => {
    if (!column) return;
    for (let row = 0; row < rows; row += 1) {
      const level = levelOf(column[from + row], most);
      if (level > 0) image.data.set(shades[Math.round(level * (SHADES - 1))], 4 * ((rows - 1 - row) * width + x));
    }
  });
  ink.putImageData(image, 0, 0);
}

// The ramp comes from the style sheet: the colours of the canvas's border, outline and text, none of
// which it has, are the ramp's faint end, its middle and its strong end in the present theme.
function shadesOf(canvas) {
  const style = getComputedStyle(canvas);
  const stops = [style.borderTopColor, style.outlineColor, style.color].map(channels);
  return Array.from({ length: SHADES }, (_, n) => {
    const place = (2 * n) / (SHADES - 1);
    const first = Math.min(1, Math.floor(place));
    const mixed = stops[first].map((channel, at) => channel + (stops[first + 1][at] - channel) * (place - first));
    return [...mixed.map(Math.round), 255];
  });
}

function channels(color) {
  const numbers = color.match(/[\d.]+/g)?.slice(0, 3).map(Number);
  return numbers?.length === 3 ? numbers : [128, 128, 128];
}
