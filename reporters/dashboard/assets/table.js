// Tables: rows that keep their elements, sorted and searched here.

import { el, find, replace, setAttribute, setText } from "./dom.js";
import { known, sign } from "./cards.js";
import { formatNumber, formatValue } from "./format.js";
import { keyed, putValue } from "./keyed.js";

const FIRST = 100;

/** What a value sorts by: a number, a text, or null for nothing to compare. */
export function sortKey(value) {
  if (value === null || value === undefined || typeof value !== "object") return value ?? null;
  return sortKey(value.n ?? value.t ?? value.c ?? (value.h ? null : value.x));
}

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** Rows sorted by a column; where there is nothing to compare, last. */
export function sortRows(rows, column, descending) {
  const keys = new Map(rows.map((row) => [row, sortKey(row.cells[column])]));
  const turn = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [keys.get(a), keys.get(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    if (typeof x === "number" && typeof y === "number") return turn * (x - y);
    return turn * collator.compare(String(x), String(y));
  });
}

// What can be scrolled must be within reach of the keyboard.
const overflow = globalThis.ResizeObserver && new ResizeObserver((changes) => {
  for (const { target: { parentNode: scroll } } of changes) {
    setAttribute(scroll, "tabindex", scroll && scroll.scrollWidth > scroll.clientWidth ? "0" : null);
  }
});

const searched = new WeakMap(); // row -> its text
function rowText(row) {
  if (!searched.has(row)) {
    searched.set(row, row.cells.map((cell) => formatValue(cell ?? null)).join(" ").toLowerCase());
  }
  return searched.get(row);
}

function create(card, context) {
  const box = el("div", { class: "table" });
  box.find = find(`Filter ${card.title || context.title || "rows"}`,
    { placeholder: "Filter", oninput: () => draw(box) });
  box.count = el("span", { class: "count" });
  box.bar = el("div", { class: "table-bar" }, box.find, box.count);
  box.head = el("tr");
  const free = () => !isHeld(box) && draw(box);
  box.body = el("tbody", { onpointerleave: free, onfocusout: () => setTimeout(free) });
  box.scroll = el("div", { class: "scroll", role: "group" },
    el("table", null, el("thead", null, box.head), box.body));
  overflow.observe(box.body.parentNode);
  box.empty = el("p", { class: "nothing" });
  box.more = el("button", { type: "button", class: "more", onclick: () => {
    box.all = true;
    draw(box);
  } });
  box.older = el("a", { text: "Older" });
  box.append(box.bar, box.scroll, box.empty, box.more, el("p", { class: "older" }, box.older));
  box.sorted = null; // { column, descending }
  return box;
}

function whole(box, card, context) {
  box.card = card;
  setAttribute(box.scroll, "aria-label", card.title || context.title || "Table");
  const columns = card.columns ?? [];
  if (JSON.stringify(box.columns) !== JSON.stringify(columns)) {
    box.columns = columns;
    box.sorted = null;
    box.scroll.style.setProperty("--columns", columns.length);
    replace(box.head, columns.map((column, index) =>
      el("th", { scope: "col", class: column.align === "number" ? "number" : null },
        el("button", { type: "button", text: column.label, onclick: () => sortBy(box, index) }))));
  }
  // Where a page has more rows than it shows.
  box.older.hidden = !card.older;
  setAttribute(box.older, "href", card.older);
  draw(box, isHeld(box));
}

// Rows do not move under a pointer that is about to click, or away from the focus.
function isHeld(box) {
  return box.body.matches(":hover, :focus-within");
}

// Once in the direction that is asked for most, once in the other, then as
// the server has them.
function sortBy(box, column) {
  const first = box.card.columns[column].align === "number";
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
  [...box.head.children].forEach((head, index) => {
    setAttribute(head, "aria-sort",
      sorted?.column === index && (sorted.descending ? "descending" : "ascending"));
  });
  const wanted = card.search ? box.find.value.trim().toLowerCase() : "";
  let rows = wanted ? all.filter((row) => rowText(row).includes(wanted)) : all;
  if (sorted) rows = sortRows(rows, sorted.column, sorted.descending);
  let shown = box.all ? rows : rows.slice(0, FIRST);
  const more = rows.length - shown.length;
  if (held) {
    const now = new Map(all.map((row) => [row.key, row]));
    shown = [...box.body.children].map(({ row }) => now.get(row.key) ?? row);
  }
  keyed(box.body, shown, (row) => row.key, () => el("tr", { onclick: follow }),
    (node, row) => write(node, row, box.columns));

  box.bar.hidden = !card.search || all.length === 0;
  setText(box.count, wanted ? `${formatNumber(rows.length)} of ${formatNumber(all.length)}`
    : `${formatNumber(all.length)} rows`);
  box.scroll.hidden = shown.length === 0;
  box.empty.hidden = shown.length > 0;
  setText(box.empty, wanted ? "No row has this text." : card.empty || "Nothing here yet.");
  box.more.hidden = more <= 0;
  setText(box.more, `Show all ${formatNumber(rows.length)}`);
}

function write(node, row, columns) {
  if (node.row === row && node.columns === columns) return;
  node.row = row;
  node.columns = columns;
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
function putFirst(place, row, cell) {
  const frame = `${row.status ?? ""} ${row.href ?? ""}`;
  if (place.frame !== frame || !place.value) {
    place.frame = frame;
    place.value = row.href && !cell?.l ? el("a", { href: row.href }) : el("span");
    replace(place, sign(row.status), place.value);
  }
  putValue(place.value, cell);
}

// A click anywhere in a row, unless it selects text or is for something in it.
function follow(event) {
  const row = event.currentTarget;
  if (!row.row.href || event.target.closest("a, button") || String(getSelection())) return;
  row.querySelector("a[href]")?.click();
}

export const kinds = { table: { create, whole } };
