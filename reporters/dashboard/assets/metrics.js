// The metrics page: groups of charts as tabs, a filter over all groups, and a grid with a place for each
// chart. Only charts that can be seen, or soon will be, are asked for (`show` in the address).
//
// What is only this page's business stands behind the `#` of the address, which servers never see: the
// filter, which charts are enlarged, and what was asked of charts that are out of sight.

import { el, find, setAttribute, setText } from "./dom.js";
import { formatNumber } from "./format.js";
import { keyed } from "./keyed.js";
import { matches, nextShown, parseShow, showText } from "./show.js";

const SETTLED = 300;
const FIRST = 12;

// The index's charts by id.
const entries = new Map();
// What is asked of a chart, by id: { stat?, by?, find? }.
const options = new Map();
// Elements by chart; they stay, and what is in them.
const places = new Map();
const wide = new Set();
const visible = new Set();
// { groups, group, context, tabs, filter, note, grid }
let page = null;
// The charts with a place, in order.
let listed = [];
let shown = [];
let timer = 0;

/** The index's entry of a chart: its name, tags, stats. */
export const entryOf = (id) => entries.get(id);
/** What is asked of a chart beyond what it shows by itself. */
export const optionsOf = (id) => options.get(id) ?? {};
export const isWide = (id) => wide.has(id);
const isAsked = (id) => Object.keys(optionsOf(id)).length > 0;
const textOf = (id) => showText({ id, ...optionsOf(id) });

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
  options.set(id, Object.fromEntries(Object.entries(asked).filter(([, wish]) => wish)));
  ask(context, shown.includes(id) ? shown : [...shown, id]);
}

function ask(context, ids) {
  shown = ids.toSorted((a, b) => listed.indexOf(a) - listed.indexOf(b));
  context.setQuery({ show: shown.map(textOf) });
  keepHash();
}

// Returns the charts that the address names.
function readAddress(query) {
  const hash = new URLSearchParams(location.hash.slice(1));
  if (document.activeElement !== page.filter) page.filter.value = hash.get("filter") ?? "";
  wide.clear();
  for (const id of hash.getAll("wide")) wide.add(Number(id));
  options.clear();
  const parsed = (texts) => texts.map(parseShow).filter(Boolean);
  const shows = parsed(query.getAll("show"));
  for (const { id, ...asked } of [...parsed(hash.getAll("kept")), ...shows]) options.set(id, asked);
  return shows.map(({ id }) => id);
}

function keepHash() {
  const hash = new URLSearchParams();
  if (filter()) hash.set("filter", filter());
  for (const id of wide) hash.append("wide", id);
  for (const id of options.keys()) if (!shown.includes(id) && isAsked(id)) hash.append("kept", textOf(id));
  const address = new URL(location.href);
  address.hash = hash;
  if (address.href !== location.href) history.replaceState(history.state, "", address);
}

const sight = new IntersectionObserver((changes) => {
  for (const { target, isIntersecting, boundingClientRect: { height } } of changes) {
    if (isIntersecting) visible.add(target.chart);
    else visible.delete(target.chart);
    // Its room is kept, so that nothing jumps when it comes back.
    if (!isIntersecting && height > 0) target.style.minHeight = `${height}px`;
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
  if (!places.has(id)) {
    const node = el("div", { class: "chart-place", "data-place": `chart-${id}` }, el("p", { class: "chart-wait" }));
    places.set(id, Object.assign(node, { chart: id }));
    sight.observe(node);
  }
  return places.get(id);
}

const filter = () => page.filter.value.trim();
const groupShown = () => page.groups.find(({ name }) => name === page.group) ?? page.groups[0];
const firstOf = (group) => (group?.charts ?? []).slice(0, FIRST).map(({ id }) => id);

function draw() {
  const { groups, context: { query } } = page;
  const range = query.has("range") && { range: query.get("range") };
  const wanted = filter();
  const group = wanted ? null : groupShown();
  const among = ({ charts }) => charts.filter((chart) => matches(chart, wanted));
  const found = wanted ? groups.flatMap(among) : group?.charts ?? [];
  listed = found.map(({ id }) => id);
  const tab = () => el("li", null, el("a", null, el("span"), el("small")));
  keyed(page.tabs, groups, ({ name }) => name, tab, ({ firstChild: link }, { name, charts }) => {
    setAttribute(link, "href", `metrics?${new URLSearchParams({ ...range, group: name })}`);
    setAttribute(link, "aria-current", name === group?.name && "page");
    link.group = name;
    setText(link.firstChild, name);
    setText(link.lastChild, formatNumber(among({ charts }).length, ""));
  });
  const { length } = found;
  const count = length ? `${length} chart${length > 1 ? "s" : ""} of all groups with` : "No chart of any group has";
  const none = length ? page.since : "No metrics are defined.";
  setText(page.note, wanted ? `${count} “${wanted}”${length ? "" : "."}` : none);
  keyed(page.grid, found, ({ id }) => id, place, (node, { id, name }) => {
    node.classList.toggle("wide", wide.has(id));
    setText(node.firstChild, name);
  });
  settle();
}

function turnTo(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  page.group = link.group;
  page.filter.value = "";
  shown = firstOf(groupShown());
  // The first charts as they are need not be named.
  const show = shown.some(isAsked) ? shown.map(textOf) : null;
  page.context.setQuery({ group: link.group, show }, { push: true });
  keepHash();
  draw();
}

function create(card, context) {
  const oninput = () => {
    keepHash();
    draw();
  };
  page = {
    context,
    tabs: el("ul", { onclick: turnTo }),
    filter: find("Filter charts of all groups by name, tag or description", { placeholder: "Filter charts", oninput }),
    note: el("p", { class: "groups-note", role: "status" }),
    grid: el("div", { class: "chart-grid" }),
  };
  const tabs = el("nav", { class: "tabs", "aria-label": "Groups of charts" }, page.tabs);
  return el("div", null, el("div", { class: "groups-bar" }, tabs, page.filter), page.note, page.grid);
}

// The address may have been changed by a link or by the back button.
function whole(element, card, { query }) {
  const isFirst = !page.groups;
  page.groups = card.groups ?? [];
  page.since = card.note ?? "";
  entries.clear();
  for (const { charts } of page.groups) for (const chart of charts) entries.set(chart.id, chart);
  const asked = readAddress(query);
  const home = page.groups.find(({ charts }) => charts.some(({ id }) => id === asked[0]));
  page.group = query.get("group") ?? home?.name ?? card.group;
  shown = asked.length > 0 ? asked : firstOf(groupShown());
  draw();
  keepHash();
  // A link to a chart further down leads there, once the places are on the page.
  if (!isFirst || listed.indexOf(asked[0]) < FIRST) return;
  requestAnimationFrame(() => places.get(asked[0])?.scrollIntoView());
}

export const kinds = { groups: { own: true, create, whole } };
