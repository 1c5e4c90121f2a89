// A chart's numbers: lines (and columns of a heat map) of slots of equal length. Slots are appended
// at the end and dropped at the front; where nothing was said there is null.

const finite = (n) => (typeof n === "number" && Number.isFinite(n) ? n : null);

/** The data of a whole card. */
export function wholeData(card) {
  const lines = card.lines ?? [];
  const data = {
    start: finite(card.start) ?? 0,
    step: card.step > 0 ? card.step : 1000,
    slots: Math.max(1, Math.min(20_000, Math.floor(card.slots) || 1)),
    length: 0,
    lines: lines.map(({ key, label, role }) => ({ key: String(key), label: String(label ?? key), role, values: [] })),
    edges: card.heat?.edges ?? null,
    columns: card.heat ? [] : null,
  };
  const values = Object.fromEntries(lines.map((line) => [line.key, line.values]));
  return append(data, { start: data.start, lines: values, columns: card.heat?.columns });
}

/** Puts `more` (`{ start, lines: { key: [..] }, columns }`) where it belongs: usually at the end, after a
 * gap if it begins later, over what was there if it begins earlier. */
export function append(data, more) {
  const parts = Object.entries(more.lines ?? {}).filter(([, values]) => Array.isArray(values));
  const count = Math.max(0, more.columns?.length ?? 0, ...parts.map(([, values]) => values.length));
  let offset = Math.round((more.start - data.start) / data.step);
  if (!Number.isFinite(offset) || count === 0) return data;
  for (const [key] of parts) {
    if (!data.lines.some((line) => line.key === key)) data.lines.push({ key, label: key, role: "series", values: [] });
  }
  const arrays = data.lines.map((line) => line.values);
  if (data.columns) arrays.push(data.columns);
  if (data.length === 0 || offset > data.length + data.slots) {
    for (const array of arrays) array.length = 0;
    Object.assign(data, { start: more.start, length: 0 });
    offset = 0;
  }
  data.length = Math.max(data.length, offset + count);
  for (const array of arrays) while (array.length < data.length) array.push(null);
  const lay = (array, values) => values.forEach((value, n) => {
    if (offset + n >= 0) array[offset + n] = value;
  });
  for (const [key, values] of parts) lay(data.lines.find((line) => line.key === key).values, values.map(finite));
  if (data.columns) lay(data.columns, more.columns ?? []);
  const surplus = Math.max(0, data.length - data.slots);
  for (const array of arrays) array.splice(0, surplus);
  data.length -= surplus;
  data.start += surplus * data.step;
  return data;
}

/** Where the last slot ends. */
export const endOf = (data) => data.start + data.length * data.step;

/** The slot of a moment, null outside of the data. */
export function slotAt(data, time) {
  const slot = Math.floor((time - data.start) / data.step);
  return slot >= 0 && slot < data.length ? slot : null;
}

/** The middle of a slot. */
export const middleOf = (data, slot) => data.start + (slot + 0.5) * data.step;

/** The smallest and the largest value of the lines, null if there is none. */
export function boundsOf(lines) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of lines.flatMap(({ values }) => values)) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? { low, high } : null;
}

/** Whether there is nothing at all to draw. */
export function isEmpty({ columns, lines }) {
  const counted = columns?.some((column) => column?.some((count) => count > 0));
  return !counted && !lines.some(({ values }) => values.some((value) => value !== null));
}
