// The legend: each line with its sign, its label and its number now or at the moment that is looked at.
// A click takes a line away or brings it back.

import { el, setAttribute, setText, svg } from "./dom.js";
import { formatExact, formatNumber } from "./format.js";
import { keyed } from "./keyed.js";

// Lines taken away, by chart, as long as the page is open.
const hidden = new Map();

/** The keys of the lines that are not drawn. */
export function hiddenOf(chart) {
  if (!hidden.has(chart)) hidden.set(chart, new Set());
  return hidden.get(chart);
}

export class Legend {
  #list = el("ul");
  #when = el("span", { class: "legend-when" });
  #more = el("span", { class: "legend-more" });
  #changed;

  /** `changed()` is called when a line was taken away or brought back. */
  constructor(changed) {
    this.#changed = changed;
    this.element = el("div", { class: "legend" },
      el("p", { class: "legend-note" }, this.#when, this.#more), this.#list);
  }

  /** Shows `lines` at `slot` (`time` in words), the newest one unless `looking`. */
  draw({ lines, looks, without, unit, slot, time, looking, note, heat }) {
    this.element.hidden = lines.length === 0;
    setText(this.#when, time === null ? "" : `${looking ? "at" : "newest,"} ${time}`);
    this.#when.classList.toggle("looking", looking);
    setText(this.#more, note ?? "");
    this.element.classList.toggle("short", lines.every(({ label }) => label.length < 9));
    this.element.classList.toggle("over-heat", heat);
    const write = looking ? formatExact : formatNumber;
    keyed(this.#list, lines, (line) => line.key, () => this.#entry(without), ({ parts }, line) => {
      parts.key = line.key;
      setText(parts.label, line.label || "(no tags)");
      setAttribute(parts.label, "title", line.label);
      setText(parts.value, write(slot === null ? null : line.values[slot], unit));
      setAttribute(parts.sign, "class", `line ${looks[line.key]}`);
      setAttribute(parts.button, "aria-pressed", String(!without.has(line.key)));
    });
  }

  #entry(without) {
    const parts = {
      sign: svg("path", { d: "M1 6H21" }),
      label: el("span", { class: "legend-label" }),
      value: el("span", { class: "legend-value" }),
    };
    const turn = () => {
      if (!without.delete(parts.key)) without.add(parts.key);
      this.#changed();
    };
    parts.button = el("button", { type: "button", class: "turn", onclick: turn },
      svg("svg", { viewBox: "0 0 22 12", "aria-hidden": "true" }, parts.sign), parts.label, parts.value);
    return Object.assign(el("li", null, parts.button), { parts });
  }
}
