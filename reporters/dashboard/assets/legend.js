// The legend: each line with its sign, its label and its number now or at the moment that is looked at.
// A click takes a line away or brings it back.

import { el, setAttribute, setText, svg } from "./dom.js";
import { formatExact, formatNumber } from "./format.js";
import { keyed } from "./keyed.js";

// What was chosen of lines by chart, as long as the page is open: key to whether it is hidden.
const choices = new Map();

export function choicesOf(chart) {
  if (!choices.has(chart)) choices.set(chart, new Map());
  return choices.get(chart);
}

export class Legend {
  #list = el("ul");
  #when = el("span", { class: "legend-when" });
  #more = el("span", { class: "legend-more" });
  #turn;

  element = el("div", { class: "legend" }, el("p", { class: "legend-note" }, this.#when, this.#more), this.#list);

  /** `turn(line)` is called to take a line away or to bring it back. */
  constructor(turn) {
    this.#turn = turn;
  }

  /** Shows `lines` at `slot` (`time` in words), the newest one unless `looking`. */
  draw({ lines, looks, hides, unit, slot, time, looking, note, heat }) {
    this.element.hidden = lines.length === 0;
    setText(this.#when, time === null ? "" : `${looking ? "at" : "newest,"} ${time}`);
    this.#when.classList.toggle("looking", looking);
    setText(this.#more, note);
    this.element.classList.toggle("short", lines.every(({ label }) => label.length < 9));
    this.element.classList.toggle("over-heat", heat);
    const write = looking ? formatExact : formatNumber;
    keyed(this.#list, lines, (line) => line.key, () => this.#entry(), ({ parts }, line) => {
      parts.line = line;
      setText(parts.label, line.label || "(no tags)");
      setAttribute(parts.label, "title", line.label);
      setText(parts.value, write(slot === null ? null : line.values[slot], unit));
      setAttribute(parts.sign, "class", `line ${looks.get(line.key)}`);
      setAttribute(parts.button, "aria-pressed", String(!hides(line)));
    });
  }

  #entry() {
    const sign = svg("path", { d: "M1 6H21" });
    const label = el("span", { class: "legend-label" });
    const value = el("span", { class: "legend-value" });
    const parts = { sign, label, value };
    parts.button = el("button", { type: "button", class: "turn", onclick: () => this.#turn(parts.line) },
      svg("svg", { viewBox: "0 0 22 12", "aria-hidden": "true" }, sign), label, value);
    return Object.assign(el("li", null, parts.button), { parts });
  }
}
