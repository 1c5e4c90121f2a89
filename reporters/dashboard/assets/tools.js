// What is in the frame beside the pages: range, theme, help for keys.

import { button, el, setAttribute } from "./dom.js";

const RANGES = [[60, "1 min"], [300, "5 min"], [900, "15 min"], [3600, "1 h"], [21600, "6 h"], [86400, "1 day"]];
const KEYS = [
  ["p, Space", "Pause and go on; Space where nothing has focus"],
  ["/", "To the first field to search in"],
  ["[ and ]", "Shorter and longer range"],
  ["?", "This help"],
  ["Arrows", "In a chart: the moment. In a trace: rows, and open or fold"],
  ["Enter, Esc", "In a trace: what is known of a span, and back"],
];

const root = document.documentElement;

// Storage may be forbidden; then nothing is remembered.
function stored(name, value) {
  try {
    if (value) localStorage.setItem(`telemetry-dashboard.${name}`, value);
    else return localStorage.getItem(`telemetry-dashboard.${name}`);
  } catch { /* as above */ }
  return null;
}

/** The look: as the system has it unless chosen here. The next page has it from `theme.js`. */
export function theme() {
  const select = el("select", { "aria-label": "Theme", onchange() {
    stored("theme", select.value);
    setAttribute(root, "data-theme", select.value);
  } }, ["auto", "light", "dark"].map((value) => el("option", { value, text: value[0].toUpperCase() + value.slice(1) })));
  select.value = root.dataset.theme ?? "auto";
  return select;
}

/** The range, as buttons of which one is pressed. */
export function range({ page, query, setQuery }) {
  const usual = page === "overview" ? 3600 : 900;
  const now = () => Number(query.get("range")) || usual;
  const choose = (seconds) => {
    setQuery({ range: seconds === usual ? null : String(seconds) });
    show();
  };
  const buttons = RANGES.map(([seconds, text]) => button(text, () => choose(seconds)));
  const show = () => buttons.forEach((one, index) =>
    setAttribute(one, "aria-pressed", String(RANGES[index][0] === now())));
  show();
  const node = el("div", { class: "range", role: "group", "aria-label": "Range" }, buttons);
  const step = (by) => {
    const next = RANGES[RANGES.findIndex(([seconds]) => seconds === now()) + by];
    if (next && !node.hidden) choose(next[0]);
  };
  return { node, step, back: show };
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
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !on.checked || dialog.open) return;
    const { activeElement } = document;
    const isFree = !activeElement || activeElement === document.body || activeElement.id === "main";
    const types = activeElement?.matches("input, select, textarea, [contenteditable]");
    const does = event.key === "?" ? help : act[event.key];
    if (!does || types || (event.key === " " && !isFree)) return;
    event.preventDefault();
    does();
  });
  return button("?", help, { "aria-label": "Help for keys", title: "Keys (?)" });
}
