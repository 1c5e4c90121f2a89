// The table behind a chart, for those who do not see it and for those who want to copy its numbers.

import { boundsOf } from "./data.js";
import { el, setAttribute, setText } from "./dom.js";
import { digits, formatNumber, formatTime, scaleOf } from "./format.js";
import { countOf } from "./heat.js";
import { keyed } from "./keyed.js";

const ROWS = 60;

/** What the table says: `{ caption, head, rows: [{ time, cells }] }`, the newest first, all numbers of one unit. */
export function tableOf(data, unit, name) {
  const { low, high } = boundsOf(data.lines) ?? { low: 0, high: 0 };
  const { factor, suffix } = scaleOf(Math.max(Math.abs(low), Math.abs(high)), unit);
  const write = (n, by, most) => (n === null ? "–" : digits(n / by, most));
  const rows = [];
  for (let slot = data.length - 1; slot >= 0 && rows.length < ROWS; slot -= 1) {
    const cells = data.lines.map((line) => write(line.values[slot], factor, 5));
    if (data.columns) cells.push(write(countOf(data.columns[slot]), 1, 15));
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

  element = el("div", { class: "values", tabindex: "0", role: "region", hidden: true },
    el("table", null, this.#caption, el("thead", null, this.#head), this.#body));

  /** Writes the newest numbers, unless somebody is marking some to copy them. */
  draw(data, unit, name) {
    const selection = getSelection();
    if (!selection.isCollapsed && this.element.contains(selection.anchorNode)) return;
    const { caption, head, rows } = tableOf(data, unit, name);
    setText(this.#caption, caption);
    setAttribute(this.element, "aria-label", `${name}: table`);
    const at = (_, index) => index;
    keyed(this.#head, ["Time", ...head], at, () => el("th", { scope: "col" }), setText);
    const make = () => el("tr", null, el("th", { scope: "row" }));
    keyed(this.#body, rows, ({ time }) => time, make, (row, { time, cells }) => {
      setText(row.firstChild, formatTime(time));
      keyed(row, cells, at, () => el("td"), setText);
    });
  }
}
