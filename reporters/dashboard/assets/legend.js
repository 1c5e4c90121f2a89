// The legend: each line with its sign, its label and its number now or at the moment that is looked at.
// A click takes a line away or brings it back.

import { isEmpty } from "./data.js";
import { button, el, setAttribute, setText, svg } from "./dom.js";
import { formatExact, formatNumber } from "./format.js";
import { current } from "./hover.js";
import { keyed } from "./keyed.js";

// What was chosen of lines by chart, as long as the page is open: key to whether it is hidden.
const choices = new Map();

export function choicesOf(chart) {
  if (!choices.has(chart)) choices.set(chart, new Map());
  return choices.get(chart);
}

export class Legend {
  #list = el("ul");
  #when = el("span");
  #more = el("span");
  #chart;
  #turn;

  element = el("div", { class: "legend" }, el("p", { class: "legend-note" }, this.#when, this.#more), this.#list);

  /** `turn(line)` is called to take a line away or to bring it back. */
  constructor(chart, turn) {
    this.#chart = chart;
    this.#turn = turn;
  }

  /** Shows the numbers of a slot (null: none), `when` that is in words, and a note. */
  draw(slot, when, note) {
    const { card: { unit }, data, hides, looks, plot: { heat } } = this.#chart;
    const lines = isEmpty(data) ? [] : data.lines;
    const looking = current() !== null;
    this.element.hidden = lines.length === 0;
    setText(this.#when, when ?? "");
    setText(this.#more, note);
    this.#when.classList.toggle("looking", looking);
    this.element.classList.toggle("short", lines.every(({ label }) => label.length < 7));
    this.element.classList.toggle("over-heat", Boolean(heat));
    const write = looking ? formatExact : formatNumber;
    keyed(this.#list, lines, ({ key }) => key, () => this.#entry(), ({ parts }, line) => {
      parts.line = line;
      setText(parts.label, line.label || "(no tags)");
      setAttribute(parts.label, "title", line.label);
      setText(parts.value, write(line.values[slot], unit));
      setAttribute(parts.sign, "class", `line ${looks.get(line.key)}`);
      setAttribute(parts.button, "aria-pressed", String(!hides(line)));
    });
  }

  #entry() {
    const sign = svg("path", { d: "M1 6H21" });
    const label = el("span", { class: "legend-label" });
    const value = el("span");
    const parts = { sign, label, value };
    parts.button = button(null, () => this.#turn(parts.line), { class: "turn" });
    parts.button.append(svg("svg", { viewBox: "0 0 22 12", "aria-hidden": "true" }, sign), label, value);
    return Object.assign(el("li", null, parts.button), { parts });
  }
}
