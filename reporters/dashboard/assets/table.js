// Tables: rows that keep their elements, sorted and searched here.

import { known, sign } from "./cards.js";
import { button, el, find, replace, rewrite, setAttribute, setText } from "./dom.js";
import { formatNumber, formatValue } from "./format.js";
import { keyed, putValue } from "./keyed.js";

const FIRST = 100;
const HELD = 5_000;

/** What a value sorts by: a number, a text, or null for nothing to compare. */
export function sortKey(value = null) {
  if (value === null || typeof value !== "object") return value;
  return sortKey(value.n ?? value.t ?? value.c ?? value.p ?? (value.h ? null : value.x));
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Rows sorted by a column; where there is nothing to compare, last. */
export function sortRows(rows, column, descending) {
  const keys = new Map(rows.map((row) => [row, sortKey(row.cells[column])]));
  const turn = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    if (typeof x === "number" && typeof y === "number") return turn * (x - y);
    return turn * collator.compare(String(x), String(y));
  });
}

// Row -> its text.
const searched = new WeakMap();
function rowText(row) {
  if (!searched.has(row)) searched.set(row, row.cells.map(formatValue).join(" ").toLowerCase());
  return searched.get(row);
}

/** Gives a box a field to filter by, and a place to say how much there is. */
export function filtered(box, label, oninput) {
  box.find = find(label, { placeholder: "Filter", oninput });
  box.count = el("span", { class: "count" });
  box.bar = el("div", { class: "table-bar" }, box.find, box.count);
}

/** The text to filter by. */
export const wantedOf = (box) => box.find.value.trim().toLowerCase();

/** Says how much of all is seen. */
export function count(box, seen, all, more = "") {
  setText(box.count, `${wantedOf(box) ? `${formatNumber(seen)} of ` : ""}${formatNumber(all)} ${more}`);
}

function create(card, context) {
  const box = el("div", { class: "table" });
  const redraw = () => draw(box);
  const name = card.title || context.title;
  filtered(box, `Filter ${name || "rows"}`, redraw);
  box.head = el("tr");
  // When the pointer did, over the rows.
  box.moved = 0;
  box.body = el("tbody", {
    onpointermove: () => { box.moved = Date.now(); },
    onpointerleave() {
      box.moved = 0;
      draw(box, isHeld(box));
    },
    onfocusout: () => setTimeout(() => draw(box, isHeld(box))),
  });
  // The buttons in its head make it one that the keyboard can scroll.
  box.scroll = el("div", { class: "scroll", role: "group", "aria-label": name || "Table" },
    el("table", null, el("thead", null, box.head), box.body));
  box.empty = el("p", { class: "nothing" });
  box.more = button("", () => {
    box.all = true;
    redraw();
  }, { class: "more" });
  box.older = el("a", { text: "Older", class: "older" });
  box.append(box.bar, box.scroll, box.empty, box.more, box.older);
  // { column, descending }
  box.sorted = null;
  return box;
}

function whole(box, card) {
  box.card = card;
  box.columns = card.columns ?? [];
  rewrite(box.head, box.columns, () => {
    box.sorted = null;
    return box.columns.map(({ label, align }, index) =>
      el("th", { scope: "col", class: align === "number" && align }, button(label, () => sortBy(box, index))));
  });
  // Where a page has more rows than it shows.
  box.older.hidden = !card.older;
  setAttribute(box.older, "href", card.older);
  draw(box, isHeld(box));
}

// Rows do not move under a pointer that is about to click, or away from the focus.
function isHeld(box) {
  return Date.now() - box.moved < HELD || box.body.matches(":focus-within");
}

// Once in the direction that is asked for most, once in the other, then as
// the server has them.
function sortBy(box, column) {
  const first = box.columns[column].align === "number";
  const { sorted } = box;
  if (sorted?.column !== column) box.sorted = { column, descending: first };
  else if (sorted.descending === first) box.sorted = { column, descending: !first };
  else box.sorted = null;
  draw(box);
}

// Where `held`, the rows that are shown stay, in their order; only what is in them changes.
function draw(box, held = false) {
  const { card, sorted } = box;
  const all = card.rows ?? [];
  [...box.head.children].forEach((head, index) => setAttribute(head, "aria-sort",
    sorted?.column === index && (sorted.descending ? "descending" : "ascending")));
  const wanted = wantedOf(box);
  let rows = wanted ? all.filter((row) => rowText(row).includes(wanted)) : all;
  if (sorted) rows = sortRows(rows, sorted.column, sorted.descending);
  let shown = box.all ? rows : rows.slice(0, FIRST);
  const more = rows.length - shown.length;
  if (held) {
    const now = new Map(all.map((row) => [row.key, row]));
    shown = [...box.body.children].map(({ row }) => now.get(row.key) ?? row);
  }
  keyed(box.body, shown, ({ key }) => key, () => el("tr", { onclick: follow }),
    (node, row) => write(node, row, box.columns));

  box.bar.hidden = !card.search || all.length === 0;
  count(box, rows.length, all.length, "rows");
  box.scroll.hidden = shown.length === 0;
  box.empty.hidden = shown.length > 0;
  setText(box.empty, wanted ? "No row has this text." : card.empty || "Nothing here yet.");
  box.more.hidden = more <= 0;
  setText(box.more, `Show all ${formatNumber(rows.length)}`);
}

function write(node, row, columns) {
  if (node.row === row && node.columns === columns) return;
  Object.assign(node, { row, columns });
  node.className = `${known(row.status)}${row.href ? " linked" : ""}`;
  while (node.children.length > row.cells.length) node.lastChild.remove();
  row.cells.forEach((cell, index) => {
    const place = node.children[index] ?? node.appendChild(el("td"));
    place.className = columns[index]?.align === "number" ? "number" : "";
    if (index > 0) putValue(place, cell);
    else putFirst(place, row, cell);
  });
}

// The first cell leads to where the row leads, and says how it fares.
function putFirst(place, { status, href }, cell) {
  const leads = !cell?.l && href;
  rewrite(place, [status, leads], () => {
    place.value = el(leads ? "a" : "span", { href: leads });
    return [sign(status), place.value];
  });
  putValue(place.value, cell);
}

// A click anywhere in a row, unless it selects text or is for something in it.
function follow({ currentTarget: row, target }) {
  if (!row.row.href || target.closest("a, button") || String(getSelection())) return;
  row.querySelector("a[href]")?.click();
}

export const kinds = { table: { create, whole } };
