// The table behind a chart, for those who do not see it and for those who want to copy its numbers.

import { boundsOf } from "./data.js";
import { el, setText } from "./dom.js";
import { digits, formatNumber, formatTime, scaleOf } from "./format.js";
import { countOf } from "./heat.js";
import { keyed } from "./keyed.js";

const ROWS = 60;

/** What the table says: `{ caption, head, rows: [{ time, cells }] }`, the newest first, all numbers of one unit. */
export function tableOf(data, unit, name) {
  const bounds = boundsOf(data.lines);
  const largest = bounds ? Math.max(Math.abs(bounds.low), Math.abs(bounds.high)) : 1;
  const { factor, suffix } = scaleOf(largest, unit);
  const write = (n) => (n === null || n === undefined ? "–" : digits(n / factor, 5));
  const rows = [];
  for (let slot = data.length - 1; slot >= 0 && rows.length < ROWS; slot -= 1) {
    const cells = data.lines.map((line) => write(line.values[slot]));
    if (data.columns) {
      const count = countOf(data.columns[slot]);
      cells.push(count === null ? "–" : digits(count, 15));
    }
    rows.push({ time: data.start + slot * data.step, cells });
  }
  const head = data.lines.map((line) => line.label || "(no tags)");
  if (data.columns) head.push("counted");
  const caption = [name, suffix && `in ${suffix.trim()}`, `each over ${formatNumber(data.step / 1000, "seconds")}`];
  return { caption: caption.filter(Boolean).join(", ").replaceAll("\u00a0", " "), head, rows };
}

export class Values {
  #caption = el("caption");
  #head = el("tr");
  #body = el("tbody");

  constructor() {
    this.element = el("div", { class: "values", tabindex: "0", role: "region", hidden: true },
      el("table", null, this.#caption, el("thead", null, this.#head), this.#body));
  }

  /** Writes the newest numbers, unless somebody is marking some to copy them. */
  draw(data, unit, name) {
    const selection = getSelection();
    if (!selection.isCollapsed && this.element.contains(selection.anchorNode)) return;
    const table = tableOf(data, unit, name);
    setText(this.#caption, table.caption);
    this.element.setAttribute("aria-label", `${name}: table`);
    keyed(this.#head, ["Time", ...table.head], (_, at) => at, () => el("th", { scope: "col" }), setText);
    const made = () => el("tr", null, el("th", { scope: "row" }));
    keyed(this.#body, table.rows, (row) => row.time, made, (row, { time, cells }) => {
      setText(row.firstChild, formatTime(time));
      while (row.children.length - 1 > cells.length) row.lastChild.remove();
      cells.forEach((cell, at) => setText(row.children[at + 1] ?? row.appendChild(el("td")), cell));
    });
  }
}
