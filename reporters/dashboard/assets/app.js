// Starts the page: its tools, its stream, its sections.

import { el, replace, setText } from "./dom.js";
import { kinds as cards } from "./cards.js";
import { kinds as charts } from "./chart.js";
import * as events from "./events.js";
import { formatClock } from "./format.js";
import { kinds as groups } from "./metrics.js";
import { Sections } from "./sections.js";
import { Stream } from "./stream.js";
import { kinds as tables } from "./table.js";
import { kinds as tails } from "./tail.js";
import { keys, pause, range, theme } from "./tools.js";
import { kinds as trees } from "./trace.js";
import * as traces from "./traces.js";

const kinds = { ...cards, ...charts, ...groups, ...tables, ...tails, ...trees };
const { page, build } = document.documentElement.dataset;
const query = new URLSearchParams(location.search);
const byId = (id) => document.getElementById(id);
const root = byId("sections");
const state = byId("state");

const context = { page, query, setQuery, paused: () => stream.paused };
const sections = new Sections(root, kinds, context);
let last = null; // when the newest sections are of
let outdated = false;
let note = ""; // said until the next change of state

const stream = new Stream(() => {
  const asked = new URLSearchParams(query);
  asked.set("page", page);
  return `stream?${asked}`;
}, {
  view: (view) => sections.view(view.sections),
  sections(changes, at) {
    last = at;
    root.removeAttribute("aria-busy");
    const fits = sections.apply(changes);
    form?.update?.(sections);
    ranges.node.hidden = !ranged && !sections.has("chart");
    return fits;
  },
  state: show,
  restarted() {
    note = "The program was restarted. ";
    setTimeout(() => {
      note = "";
      if (document.documentElement.dataset.state === "live") show("live");
    }, 15_000);
  },
  outdated(now) {
    outdated = Boolean(build) && now !== build;
  },
  login: () => location.assign(`login?to=${encodeURIComponent(page + location.search)}`),
});

const ranged = page === "metrics" || page === "overview";
const ranges = range(context);
const pauses = pause(stream);
const form = { __proto__: null, events, traces }[page]?.controls(context) ?? null;
start();

function start() {
  byId("tools").append(theme(), keys({
    " ": pauses.turn,
    "/": () => document.querySelector('main input:is([type="search"], [type="text"])')?.focus(),
    "[": () => !ranges.node.hidden && ranges.step(-1),
    "]": () => !ranges.node.hidden && ranges.step(1),
  }));
  // The state stands beside what changes it.
  ranges.node.hidden = !ranged;
  byId("controls").append(state, pauses.node, ranges.node);
  if (form) root.before(form.node);
  root.setAttribute("aria-busy", "true");
  // On a narrow screen it may be out of sight.
  document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  addEventListener("popstate", () => {
    if (String(new URLSearchParams(location.search)) === String(query)) return;
    for (const name of new Set(query.keys())) query.delete(name);
    for (const [name, value] of new URLSearchParams(location.search)) query.append(name, value);
    form?.back?.();
    ranges.back();
    stream.open();
  });
  stream.open();
}

// `changes`: by name, a text, a list of texts, or null for none. With `push`
// the browser's back button undoes it.
function setQuery(changes, { push = false } = {}) {
  const before = String(query);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value ?? []].flat()) query.append(name, one);
  }
  if (String(query) === before) return;
  const address = (String(query) ? `?${query}` : location.pathname) + location.hash;
  history[push ? "pushState" : "replaceState"](null, "", address);
  if (stream.paused) pauses.turn();
  else stream.open();
}

function show(now, text) {
  document.documentElement.dataset.state = now;
  const since = last ? ` Shown is what was at ${formatClock(last)}.` : "";
  const words = {
    connecting: "Connecting", live: "Live", paused: "Paused",
    lost: `Connection lost, trying again.${text ? ` ${text}` : ""}${since}`,
    full: `${text || "Too many viewers; trying again."}${since}`,
    refused: text || "The program refused to answer.",
  };
  const sentence = note + words[now];
  if (!outdated) setText(state, sentence);
  else if (!state.querySelector("button")) {
    replace(state, "A new version is running: ",
      el("button", { type: "button", text: "reload", onclick: () => location.reload() }));
  }
}
