import assert from "node:assert/strict";
import { test } from "node:test";
import { patchCard, patchCards, staying } from "../../assets/delta.js";

const rows = (...keys) => keys.map((key) => ({ key, cells: [key] }));
const keysOf = (card) => card.rows.map((row) => row.key);

test("what is set takes the place of what was, and null takes it away", () => {
  const before = { id: "c", kind: "text", text: "old", hint: "gone soon" };
  const after = patchCard(before, { set: { text: "new", hint: null } });
  assert.deepEqual(after, { id: "c", kind: "text", text: "new" });
  assert.equal(before.text, "old", "the card before is left as it was");
});

test("rows are changed, removed and added, in the order given", () => {
  const card = { id: "c", rows: rows("a", "b", "c") };
  const after = patchCard(card, {
    rows: { b: null, c: { key: "c", cells: ["new"] }, d: { key: "d", cells: [] } },
    order: ["d", "c", "a"],
  });
  assert.deepEqual(keysOf(after), ["d", "c", "a"]);
  assert.deepEqual(after.rows[1].cells, ["new"]);
  assert.equal(after.rows[2], card.rows[0], "what did not change is the same object");
});

test("without an order rows stay in theirs, and new ones come last", () => {
  const after = patchCard({ rows: rows("z", "a") }, { rows: { m: { key: "m" } } });
  assert.deepEqual(keysOf(after), ["z", "a", "m"]);
});

test("an order that names strangers, or one twice, invents nothing", () => {
  const after = patchCard({ rows: rows("a", "b") }, { order: ["x", "b", "b"] });
  assert.deepEqual(keysOf(after), ["b", "a"]);
});

test("cards are replaced, patched, removed, and told apart", () => {
  const cards = new Map([["a", { id: "a", kind: "text", text: "1" }], ["b", { id: "b", kind: "text" }]]);
  const { cards: after, changes } = patchCards(cards, {
    cards: { a: { delta: { set: { text: "2" } } }, b: null, c: { id: "c", kind: "text" } },
    order: ["c", "a"],
  });
  assert.deepEqual([...after.keys()], ["c", "a"]);
  assert.equal(after.get("a").text, "2");
  assert.deepEqual([...changes.keys()].sort(), ["a", "c"]);
  assert.equal(changes.get("c"), undefined, "a whole card is no delta");
});

test("a delta for a card that is not there is refused", () => {
  assert.equal(patchCards(new Map(), { cards: { a: { delta: { set: {} } } } }), null);
});

test("as many as possible stay where they are", () => {
  assert.deepEqual([...staying([0, 1, 2, 3])].sort(), [0, 1, 2, 3]);
  // The last to the front: one moves.
  assert.deepEqual([...staying([3, 0, 1, 2])].sort(), [1, 2, 3]);
  assert.equal(staying([4, 3, 2, 1, 0]).size, 1);
  assert.deepEqual([...staying([-1, 0, -1, 1])].sort(), [1, 3], "new ones are put in");
  assert.equal(staying([]).size, 0);
});

test("what stays is in rising order, and nothing longer is, whatever the order", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    let state = seed;
    const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
    const positions = Array.from({ length: 9 }, (_, index) => index).sort(() => random() - 0.5);
    const stay = [...staying(positions)].sort((a, b) => a - b).map((index) => positions[index]);
    assert.deepEqual(stay, [...stay].sort((a, b) => a - b));
    const longest = positions.map(() => 1);
    positions.forEach((position, index) => {
      for (let before = 0; before < index; before += 1) {
        if (positions[before] < position) longest[index] = Math.max(longest[index], longest[before] + 1);
      }
    });
    assert.equal(stay.length, Math.max(...longest));
  }
});
