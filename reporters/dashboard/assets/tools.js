// What is in the frame beside the pages: range, pause, theme, help for keys.

import { el, setAttribute, setText } from "./dom.js";

const RANGES = [[60, "1 min"], [300, "5 min"], [900, "15 min"], [3600, "1 h"], [21600, "6 h"], [86400, "1 day"]];
const KEYS = [
  ["Space", "Pause and go on, where nothing has the focus"],
  ["/", "To the first field that filters or searches"],
  ["[ and ]", "Shorter and longer range"],
  ["?", "This help"],
  ["Arrows", "In a chart: the moment. In a trace: rows, and open or fold"],
  ["Enter, Esc", "In a trace: what is known of a span, and back"],
];

// Storage may be forbidden; then nothing is remembered.
function stored(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`telemetry-dashboard.${name}`);
    localStorage.setItem(`telemetry-dashboard.${name}`, value);
  } catch { /* as above */ }
  return null;
}

/** The look: as the system has it unless chosen here. */
export function theme() {
  const select = el("select", { "aria-label": "Theme", onchange: () => {
    stored("theme", select.value);
    apply();
  } }, ["auto", "light", "dark"].map((name) =>
    el("option", { value: name, text: name[0].toUpperCase() + name.slice(1) })));
  const apply = () =>
    setAttribute(document.documentElement, "data-theme", select.value !== "auto" && select.value);
  select.value = stored("theme") ?? "auto";
  if (!select.value) select.value = "auto";
  apply();
  return select;
}

/** The range, as buttons of which one is pressed. */
export function range(context) {
  const usual = context.page === "overview" ? 3600 : 900;
  const now = () => Number(context.query.get("range")) || usual;
  const choose = (seconds) => {
    context.setQuery({ range: seconds === usual ? null : String(seconds) });
    show();
  };
  const buttons = RANGES.map(([seconds, text]) =>
    el("button", { type: "button", text, onclick: () => choose(seconds) }));
  const show = () => buttons.forEach((button, index) =>
    setAttribute(button, "aria-pressed", String(RANGES[index][0] === now())));
  show();
  return {
    node: el("div", { class: "range", role: "group", "aria-label": "Range" }, buttons),
    step(by) {
      const at = RANGES.findIndex(([seconds]) => seconds === now()) + by;
      if (RANGES[at]) choose(RANGES[at][0]);
    },
    back: show,
  };
}

/** A button that stops and starts the stream. */
export function pause(stream) {
  const button = el("button", { type: "button", class: "pause", onclick: () => turn() });
  const show = () => setText(button, stream.paused ? "Resume" : "Pause");
  const turn = () => {
    if (stream.paused) stream.resume();
    else stream.pause();
    show();
  };
  show();
  return { node: button, turn };
}

/** Keys, and the button that tells of them. `act`: what each key does. */
export function keys(act) {
  const on = el("input", { type: "checkbox", onchange: () => stored("keys", on.checked ? "on" : "off") });
  on.checked = stored("keys") !== "off";
  const dialog = el("dialog", { "aria-labelledby": "keys-title" },
    el("h2", { id: "keys-title", text: "Keys" }),
    el("dl", { class: "fields" }, KEYS.map(([key, text]) =>
      el("div", null, el("dt", null, el("kbd", { text: key })), el("dd", { text })))),
    el("label", null, on, " Use the keys of one letter"),
    el("form", { method: "dialog" }, el("button", { text: "Close", autofocus: true })));
  document.body.append(dialog);
  const help = () => dialog.showModal();
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!on.checked || dialog.open) return;
    const { activeElement } = document;
    const isFree = !activeElement || activeElement === document.body || activeElement.id === "main";
    const types = activeElement?.matches("input, select, textarea, [contenteditable]");
    if (types || (event.key === " " && !isFree)) return;
    const does = event.key === "?" ? help : act[event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
  return el("button", { type: "button", "aria-label": "Help for keys", title: "Keys (?)", text: "?", onclick: help });
}
