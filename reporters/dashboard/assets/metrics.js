// The metrics page: groups of charts as tabs, a filter over all groups, and a grid with a place for each
// chart. Only charts that can be seen, or soon will be, are asked for (`show` in the address).
//
// What is only this page's business stands behind the `#` of the address, which servers never see: the
// filter, which charts are enlarged, and what was asked of charts that are out of sight.

import { el, setAttribute, setText } from "./dom.js";
import { formatNumber } from "./format.js";
import { keyed } from "./keyed.js";
import { matches, nextShown, parseShow, showText } from "./show.js";

const SETTLED = 300;
const FIRST = 12;

const entries = new Map(); // the index's charts by id
const options = new Map(); // what is asked of a chart, by id: { stat?, by?, find? }
const wide = new Set();
const visible = new Set();
let filter = "";
let listed = []; // the charts with a place, in order
let shown = [];
let timer = 0;

/** The index's entry of a chart: its name, tags, stats. */
export const entryOf = (id) => entries.get(id);
/** What is asked of a chart beyond what it shows by itself. */
export const optionsOf = (id) => options.get(id) ?? {};
const textOf = (id) => showText({ id, ...optionsOf(id) });
export const isWide = (id) => wide.has(id);

export function setWide(id, on) {
  if (on) wide.add(id);
  else wide.delete(id);
  places.get(id)?.classList.toggle("wide", on);
  keepHash();
}

/** Asks something else of a chart; an empty text is no wish. */
export function change(id, changes, context) {
  if (id === null) return;
  const asked = { ...optionsOf(id), ...changes };
  if ("stat" in changes) delete asked.by;
  for (const name of Object.keys(asked)) if (!asked[name]) delete asked[name];
  options.set(id, asked);
  ask(context, shown.includes(id) ? shown : [...shown, id]);
}

function ask(context, ids) {
  shown = ids;
  const order = new Map(listed.map((id, at) => [id, at]));
  const sorted = [...ids].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  context.setQuery({ show: sorted.map(textOf) });
  keepHash();
}

function readAddress(query) {
  const hash = new URLSearchParams(location.hash.slice(1));
  filter = hash.get("filter") ?? "";
  wide.clear();
  for (const id of hash.getAll("wide")) wide.add(Number(id));
  options.clear();
  const shows = query.getAll("show").map(parseShow).filter(Boolean);
  const kept = hash.getAll("kept").map(parseShow).filter(Boolean);
  for (const { id, ...asked } of [...kept, ...shows]) options.set(id, asked);
  return shows.map((show) => show.id);
}

function keepHash() {
  const hash = new URLSearchParams();
  if (filter) hash.set("filter", filter);
  for (const id of wide) hash.append("wide", id);
  for (const [id, asked] of options) {
    if (!shown.includes(id) && Object.keys(asked).length > 0) hash.append("kept", textOf(id));
  }
  const text = String(hash);
  if (text === location.hash.slice(1)) return;
  history.replaceState(history.state, "", `${location.pathname}${location.search}${text && `#${text}`}`);
}

const places = new Map(); // elements by chart
let page = null; // { card, context, group, parts }

const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting, boundingClientRect } of changes) {
    if (isIntersecting) visible.add(target.chart);
    else {
      visible.delete(target.chart);
      // Its room is kept, so that nothing jumps when it comes back.
      if (boundingClientRect.height > 0) target.style.minHeight = `${boundingClientRect.height}px`;
    }
  }
  settle();
}, { rootMargin: "100% 0px" });

function settle() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    // While paused nothing is asked for; resuming comes back here.
    if (page.context.paused()) return;
    const next = nextShown(shown, listed.filter((id) => visible.has(id)));
    if (next) ask(page.context, next);
  }, SETTLED);
}

function place({ id }) {
  const node = el("div", { class: "chart-place", "data-place": `chart-${id}` }, el("p", { class: "chart-wait" }));
  node.chart = id;
  sight.observe(node);
  return node;
}

const groupShown = () => page.card.groups.find(({ name }) => name === page.group) ?? page.card.groups[0];
const firstOf = (group) => (group?.charts ?? []).slice(0, FIRST).map(({ id }) => id);

function draw() {
  const { card, context, parts } = page;
  const group = groupShown();
  const among = ({ charts }) => charts.filter((chart) => matches(chart, filter));
  const found = filter ? card.groups.flatMap(among) : group?.charts ?? [];
  listed = found.map(({ id }) => id);
  const tab = () => el("li", null, el("a", null, el("span"), el("small")));
  keyed(parts.tabs, card.groups, ({ name }) => name, tab, ({ firstChild: link }, { name, charts }) => {
    const query = new URLSearchParams({ group: name });
    if (context.query.has("range")) query.set("range", context.query.get("range"));
    setAttribute(link, "href", `metrics?${query}`);
    setAttribute(link, "aria-current", name === group?.name && !filter ? "page" : null);
    link.group = name;
    setText(link.firstChild, name);
    setText(link.lastChild, formatNumber((filter ? among({ charts }) : charts).length, ""));
  });
  const count = `${found.length || "No"} chart${found.length === 1 ? "" : "s"}`;
  const none = found.length === 0 ? "No metrics are defined." : "";
  setText(parts.note, filter ? `${count} of all groups with “${filter}”` : none);
  parts.note.hidden = parts.note.textContent === "";
  keyed(parts.grid, found, ({ id }) => id, place, (node, { id, name }) => {
    node.classList.toggle("wide", wide.has(id));
    setText(node.firstChild, name);
  });
  const here = new Map(found.map(({ id }, at) => [id, parts.grid.children[at]]));
  for (const [id, node] of places) {
    if (here.get(id) === node) continue;
    sight.unobserve(node);
    visible.delete(id);
  }
  places.clear();
  for (const [id, node] of here) places.set(id, node);
  settle();
}

function turnTo(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  page.group = link.group;
  filter = page.parts.filter.value = "";
  shown = firstOf(groupShown());
  // The first charts as they are need not be named.
  const asked = shown.some((id) => Object.keys(optionsOf(id)).length > 0);
  page.context.setQuery({ group: link.group, show: asked ? shown.map(textOf) : null }, { push: true });
  keepHash();
  draw();
}

function create(card, context) {
  const parts = {
    tabs: el("ul", { onclick: turnTo }),
    filter: el("input", {
      type: "search", placeholder: "Filter charts", maxlength: "200",
      "aria-label": "Filter charts of all groups by name, tag or description",
    }),
    note: el("p", { class: "groups-note", role: "status" }),
    grid: el("div", { class: "chart-grid" }),
  };
  parts.filter.addEventListener("input", () => {
    filter = parts.filter.value.trim();
    keepHash();
    draw();
  });
  page = { card, context, group: null, parts };
  return el("div", { class: "groups" },
    el("div", { class: "groups-bar" }, el("nav", { "aria-label": "Groups of charts" }, parts.tabs), parts.filter),
    parts.note, parts.grid);
}

// The address may have been changed by a link or by the back button.
function whole(element, card, context) {
  page.card = { ...card, groups: card.groups ?? [] };
  entries.clear();
  for (const { charts } of page.card.groups) for (const chart of charts) entries.set(chart.id, chart);
  const first = page.group === null;
  const asked = readAddress(context.query);
  const named = context.query.get("group");
  const home = page.card.groups.find(({ charts }) => charts.some(({ id }) => id === asked[0]))?.name;
  page.group = named ?? home ?? card.group;
  if (document.activeElement !== page.parts.filter) page.parts.filter.value = filter;
  shown = asked.length > 0 ? asked : firstOf(groupShown());
  draw();
  keepHash();
  // A link to a chart further down leads there, once the places are on the page.
  if (!first || listed.indexOf(asked[0]) < FIRST) return;
  requestAnimationFrame(() => places.get(asked[0])?.scrollIntoView());
}

export const kinds = { groups: { own: true, create, whole } };
