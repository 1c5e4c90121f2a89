// What deltas do to the JSON of sections and cards. Nothing here knows of a
// page: the same functions run under tests.

/** A card after a delta: `set` and `rows` and `order` are done here; what is
 * appended is its renderer's business. */
export function patchCard(card, { set = {}, rows: changed = {}, order }) {
  const patched = { ...card };
  for (const [name, value] of Object.entries(set)) {
    if (value === null) delete patched[name];
    else patched[name] = value;
  }
  const rows = new Map(patched.rows?.map((row) => [row.key, row]));
  for (const [key, row] of Object.entries(changed)) {
    if (row === null) rows.delete(key);
    else rows.set(key, row);
  }
  if (patched.rows || rows.size > 0) patched.rows = ordered(rows, order);
  return patched;
}

/** A section's cards (a Map by id) after a delta, and what became of each
 * card that it names: `undefined` for a delta is a card given whole.
 * Null if the delta is for a card that is not there. */
export function patchCards(cards, delta) {
  const patched = new Map(cards);
  const changes = new Map();
  for (const [id, change] of Object.entries(delta.cards ?? {})) {
    if (change === null) patched.delete(id);
    else if (change.delta) {
      if (!patched.has(id)) return null;
      patched.set(id, patchCard(patched.get(id), change.delta));
      changes.set(id, change.delta);
    } else {
      patched.set(id, { ...change, id });
      changes.set(id, undefined);
    }
  }
  const list = ordered(patched, delta.order);
  return { cards: new Map(list.map((card) => [card.id, card])), changes };
}

// In the order given; what it does not name comes last, as it was.
function ordered(map, order) {
  if (!order) return [...map.values()];
  const rest = new Map(map);
  const list = [];
  for (const key of order) {
    if (!rest.has(key)) continue;
    list.push(rest.get(key));
    rest.delete(key);
  }
  return [...list, ...rest.values()];
}

/** Which of a list of positions can stay where they are while the others move
 * around them: a longest rising run, as a Set of indexes. `-1` is new. */
export function staying(positions) {
  // `tails[n]`: index of the smallest end of a run of n + 1.
  const tails = [];
  const before = new Array(positions.length).fill(-1);
  positions.forEach((position, index) => {
    if (position < 0) return;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (positions[tails[middle]] < position) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before[index] = tails[low - 1];
    tails[low] = index;
  });
  const stay = new Set();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = before[at]) stay.add(at);
  return stay;
}
