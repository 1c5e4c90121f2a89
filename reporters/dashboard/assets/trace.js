// One trace as a waterfall: a tree of spans, each with its bar on the trace's
// time. For the keyboard it is a tree grid whose rows take the focus: up and
// down, right and left to open and fold, Enter for what is known of a span.

import { known, putText, sign } from "./cards.js";
import { button, el, rewrite, setAttribute } from "./dom.js";
import { formatNumber, formatTime, valueNode } from "./format.js";
import { keyed } from "./keyed.js";
import { outline, visible } from "./tree.js";

const seconds = (n) => formatNumber(n, "seconds");
const item = (label, ...value) => el("div", null, el("dt", { text: label }), el("dd", null, value));
const cell = (name, ...inside) => el("div", { role: "gridcell", class: name }, inside);
const nodeOf = (box, key) => box.body.keyed.get(key);

function create() {
  const box = el("div", { class: "trace" });
  const head = (text, more) => el("div", { role: "columnheader", text, ...more });
  box.summary = el("dl", { class: "summary" });
  box.ruler = head("", { class: "track ruler", "aria-label": "When" });
  box.body = el("div", { role: "rowgroup" });
  const grid = el("div", {
    role: "treegrid", class: "waterfall", "aria-label": "Spans", onkeydown: (event) => press(box, event),
  }, el("div", { role: "rowgroup" }, el("div", { role: "row", class: "head" }, head("Span"), box.ruler,
    head("Duration", { class: "number" }),
    head("Self", { class: "number", title: "Without its children" }))), box.body);
  box.facts = el("div");
  const close = () => activate(box, box.active, null);
  box.panel = el("section", {
    class: "span-panel", "aria-label": "Span", hidden: true,
    onkeydown: (event) => event.key === "Escape" && close(),
  }, button("Close", close), box.facts);
  box.append(box.summary, grid, box.panel);
  box.closed = new Set();
  // The key of the row that takes the focus.
  box.active = null;
  // Of the one whose details are shown.
  box.open = null;
  return box;
}

function whole(box, card) {
  const rows = card.rows ?? [];
  box.rows = rows;
  box.places = outline(rows);
  // A child that ends after its parent is still within the picture.
  box.time = rows.reduce((most, { offset, duration }) =>
    Math.max(most, (offset || 0) + (duration || 0)), card.duration || 0) || 1e-9;
  if (!rows.some(({ key }) => key === box.active)) box.active = rows[0]?.key ?? null;
  const spans = rows.filter((row) => !row.gap).length;
  rewrite(box.summary, { ...card, rows: spans }, () => [
    item("Trace", el("code", { text: card.trace })), item("Began", formatTime(card.started)),
    item("Duration", seconds(card.duration)),
    item("Outcome", sign(rows[0]?.status, card.outcome), card.in_progress ? "in progress" : card.outcome ?? "–"),
    item("Spans", formatNumber(spans))]);
  rewrite(box.ruler, box.time, () => [0, 0.25, 0.5, 0.75, 1].map((part) =>
    el("span", { text: part === 0 ? "0" : seconds(part * box.time) })));
  keyed(box.body, rows, ({ key }) => key, ({ key }) => el("div", { role: "row", onclick({ target }) {
    if (String(getSelection())) return;
    if (target.closest(".toggle")) toggle(box, key);
    activate(box, key, target.closest(".toggle") ? box.open && key : key);
  } }), (node, row, index) => write(box, node, row, box.places[index]));
  fold(box);
}

function write(box, node, row, { level }) {
  setAttribute(node, "aria-level", level);
  node.style.setProperty("--level", level - 1);
  node.className = `span ${row.gap ? "gap" : known(row.status)}`;
  rewrite(node, [row, box.time], () => {
    const toggler = el("span", { class: "toggle", "aria-hidden": "true" });
    if (row.gap) return cell("what", toggler, row.gap);
    const bar = el("span", { class: "bar" });
    const start = Math.min(1, Math.max(0, row.offset / box.time || 0));
    bar.style.left = `${100 * start}%`;
    bar.style.width = `${100 * Math.min(1 - start, Math.max(0, row.duration / box.time || 0))}%`;
    return [
      cell("what", toggler, sign(row.status, row.outcome), el("b", { text: row.name }),
        row.label !== row.name && el("span", { class: "label", text: row.label }),
        row.n1 && el("span", { class: "badge", title: row.note, text: "N+1" })),
      cell("track", bar, el("span", { class: "unseen", text: `after ${seconds(row.offset)}` })),
      cell("number", seconds(row.duration)), cell("number self", seconds(row.self))];
  });
}

// Of rows that are written already: which are seen, active, chosen.
function fold(box) {
  const seen = visible(box.rows, box.places, box.closed);
  box.seen = box.rows.filter((_, index) => seen[index]).map(({ key }) => key);
  // The focus is never on a row that is not seen.
  let at = box.rows.findIndex(({ key }) => key === box.active);
  while (at >= 0 && !seen[at]) at = box.places[at].parent;
  box.active = box.rows[at]?.key ?? null;
  box.rows.forEach(({ key }, index) => {
    const node = nodeOf(box, key);
    node.hidden = !seen[index];
    setAttribute(node, "aria-expanded", box.places[index].children && String(!box.closed.has(key)));
    setAttribute(node, "aria-selected", String(key === box.open));
    setAttribute(node, "tabindex", key === box.active ? "0" : "-1");
  });
  details(box);
}

// Makes a row the one that has the focus; details that are open follow.
function activate(box, key, open = box.open && key) {
  if (key === undefined) return;
  box.active = key;
  box.open = open;
  fold(box);
  const node = nodeOf(box, box.active);
  node?.focus({ preventScroll: true });
  node?.scrollIntoView({ block: "nearest" });
}

function toggle(box, key) {
  if (!box.closed.delete(key)) box.closed.add(key);
  fold(box);
}

function press(box, event) {
  const { active, seen } = box;
  const at = seen.indexOf(active);
  const { children, parent } = box.places[box.rows.findIndex(({ key }) => key === active)] ?? {};
  const isOpen = children && !box.closed.has(active);
  const to = (key, open) => () => activate(box, key, open);
  const turn = () => toggle(box, active);
  const go = {
    ArrowDown: to(seen[at + 1]), ArrowUp: to(seen[at - 1]), Home: to(seen[0]), End: to(seen.at(-1)),
    ArrowRight: children && !isOpen ? turn : to(isOpen ? seen[at + 1] : undefined),
    ArrowLeft: isOpen ? turn : to(box.rows[parent]?.key),
    Enter: to(active, active), " ": to(active, active), Escape: to(active, null),
  }[event.key];
  if (!go || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  go();
}

function details(box) {
  const row = box.rows.find(({ key }) => key === box.open);
  box.panel.hidden = !row;
  if (!row) return;
  const list = (title, pairs) => pairs?.length > 0 && el("div", null, el("h4", { text: title }),
    el("dl", { class: "fields" }, pairs.map(([key, value]) => item(key, valueNode(value, key)))));
  rewrite(box.facts, row, () => {
    const note = el("p");
    putText(note, row.note);
    return [
      el("h3", null, sign(row.status, row.outcome), row.gap ?? row.name),
      row.label !== row.name && el("small", { text: row.label }), note,
      !row.gap && el("div", { class: "facts" },
        list("Span", [["outcome", row.outcome], ["began after", seconds(row.offset)],
          ["duration", seconds(row.duration)], ["self", seconds(row.self)], ["id", { c: row.key }]]),
        list("Measurements", row.measurements), list("Metadata", row.metadata))];
  });
}

export const kinds = { trace: { create, whole } };
