// Starts the page: its tools, its stream, its sections.

import { kinds as cards } from "./cards.js";
import { kinds as charts } from "./chart.js";
import { button, rewrite, setText } from "./dom.js";
import * as events from "./events.js";
import { formatClock } from "./format.js";
import { kinds as groups } from "./metrics.js";
import { Sections } from "./sections.js";
import { Stream } from "./stream.js";
import { kinds as tables } from "./table.js";
import { kinds as tails } from "./tail.js";
import { keys, range, theme } from "./tools.js";
import { kinds as trees } from "./trace.js";
import * as traces from "./traces.js";

const kinds = { ...cards, ...charts, ...groups, ...tables, ...tails, ...trees };
const { dataset } = document.documentElement;
const { page, build } = dataset;
const query = new URLSearchParams(location.search);
const byId = (id) => document.getElementById(id);
const root = byId("sections");
const state = byId("state");

const context = { page, query, setQuery, paused: () => stream.paused };
const sections = new Sections(root, kinds, context);
// When the newest sections are of.
let last = null;
let outdated = false;
// Said until the next change of state.
let note = "";

const stream = new Stream(() => `stream?${new URLSearchParams([["page", page], ...query])}`, {
  view(view, isRestarted) {
    sections.view(view.sections);
    outdated = Boolean(build) && view.build !== build;
    if (!isRestarted) return;
    note = "The program was restarted. ";
    setTimeout(() => {
      note = "";
      if (dataset.state === "live") show("live");
    }, 15_000);
  },
  sections(changes, at) {
    last = at;
    const fits = sections.apply(changes);
    form?.update?.(sections);
    showRange();
    return fits;
  },
  state: show,
  login: () => location.assign(`login?to=${encodeURIComponent(page + location.search)}`),
});

const ranges = range(context);
const turn = () => (stream.paused ? stream.open() : stream.pause());
const pause = button("Pause", turn, { class: "pause" });
const form = { __proto__: null, events, traces }[page]?.controls(context);

function showRange() {
  ranges.node.hidden = page !== "metrics" && page !== "overview" && !root.querySelector(".chart-card");
}

byId("tools").append(theme(), keys({
  " ": turn,
  p: turn,
  "/": () => document.querySelector("main input")?.focus(),
  "[": () => ranges.step(-1),
  "]": () => ranges.step(1),
}));
// The state stands beside what changes it.
showRange();
byId("controls").append(state, pause, ranges.node);
if (form) root.before(form.node);
// On a narrow screen it may be out of sight.
document.querySelector(".top [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
addEventListener("popstate", () => {
  const now = new URLSearchParams(location.search);
  if (String(now) === String(query)) return;
  for (const name of new Set(query.keys())) query.delete(name);
  for (const [name, value] of now) query.append(name, value);
  form?.back?.();
  ranges.back();
  stream.open();
});
stream.open();

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
  stream.open();
}

function show(now, text = "") {
  dataset.state = now;
  setText(pause, stream.paused ? "Resume" : "Pause");
  const since = last ? ` Shown is what was at ${formatClock(last)}.` : "";
  const words = {
    connecting: "Connecting", live: "Live", paused: "Paused",
    lost: `Connection lost, trying again. ${text}${since}`,
    full: `${text || "Too many viewers; trying again."}${since}`,
    refused: text || "The program refused to answer.",
  };
  const sentence = outdated ? "A new version is running: " : note + words[now];
  rewrite(state, sentence, () => [sentence, outdated && button("reload", () => location.reload())]);
}
