// Rows in order of a tree, each with its `depth`: who is under whom.

/** For each row: its parent's index or -1, its level from 1 on, and whether
 * there is anything below it. A depth that skips a level, as hostile input may,
 * counts as one level. */
export function outline(rows) {
  // Indexes of the rows that are open, outermost first.
  const stack = [];
  const places = [];
  rows.forEach((row, index) => {
    const depth = Math.min(Math.max(0, Math.trunc(row.depth) || 0), stack.length);
    stack.length = depth;
    const parent = stack.at(-1) ?? -1;
    if (parent >= 0) places[parent].children = true;
    places.push({ parent, level: depth + 1, children: false });
    stack.push(index);
  });
  return places;
}

/** Which rows are seen when those whose key is in `closed` hide what is below. */
export function visible(rows, places, closed) {
  const hidden = [];
  return rows.map((row, index) => {
    const { parent } = places[index];
    hidden[index] = parent >= 0 && (hidden[parent] || closed.has(rows[parent].key));
    return !hidden[index];
  });
}
