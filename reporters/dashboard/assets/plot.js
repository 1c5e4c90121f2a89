// The picture of a chart: grid, ticks, lines, the heat map under them, and the hair line of the moment
// that is looked at. Elements are kept from one drawing to the next; only what differs is written.

import { axisFor, timeTicks } from "./axis.js";
import { boundsOf, endOf, middleOf } from "./data.js";
import { el, setAttribute, setText, svg } from "./dom.js";
import { formatTime } from "./format.js";
import { drawHeat, edgeTicks, heightOf, rowAt, windowOf } from "./heat.js";
import { keyed } from "./keyed.js";
import { bandPath, linePath } from "./lines.js";

const EDGE = { left: 62, right: 10, top: 8, bottom: 20 };
const KNOWN = /^(seconds|bytes|ratio)?( ?per second)?$/;

export class Plot {
  #grid = svg("g", { class: "grid" });
  #values = svg("g", { class: "value-axis" });
  #times = svg("g", { class: "time-axis" });
  #lines = svg("g", { class: "lines" });
  #hair = svg("line");
  #when = svg("text", { y: EDGE.top + 9 });
  #cell = svg("rect", { class: "cell" });
  #mark = svg("g", { class: "hair", visibility: "hidden" }, this.#hair, this.#when, this.#cell);
  #empty = el("p", { class: "plot-empty", hidden: true });
  #canvas = el("canvas", { class: "heat", "aria-hidden": "true", hidden: true });
  #area = { width: 0, height: 0 };
  #from = 0;
  #span = 1;

  constructor() {
    this.element = el("div", { class: "plot", role: "img", tabindex: "0" }, this.#canvas,
      svg("svg", { "aria-hidden": "true" }, this.#grid, this.#values, this.#times, this.#lines, this.#mark),
      this.#empty);
  }

  /** Draws `data`, once it is known how large (`size`, from an observer: asking would make the browser
   * lay out the page for each chart): those of its lines that are in `shown`, with the classes in `looks`. */
  draw({ data, shown, looks, unit, stepped, near, empty }) {
    if (!this.size?.width) return;
    const area = {
      width: Math.max(40, this.size.width - EDGE.left - EDGE.right),
      height: Math.max(20, this.size.height - EDGE.top - EDGE.bottom),
    };
    this.#area = area;
    this.#span = data.slots * data.step;
    // Without data it is the range that ends now.
    const end = data.length > 0 ? endOf(data) : Math.min(Date.now(), data.start + this.#span);
    this.#from = end - this.#span;
    this.data = data;
    this.heat = data.columns && !empty ? windowOf(data.columns, data.edges) : null;
    const scale = KNOWN.test(unit ?? "") ? unit : "";
    const count = Math.max(2, Math.round(area.height / 42));
    let y;
    if (this.heat) {
      y = (value) => this.#down(heightOf(value, data.edges, this.heat));
      const ticks = edgeTicks(data.edges, this.heat, scale, Math.round(area.height / 22));
      this.#valueAxis(ticks.map(({ height, label }) => ({ at: this.#down(height), label })));
    } else {
      const bounds = boundsOf(shown) ?? { low: 0, high: 0 };
      // What only ever was a whole number has no halves.
      const isWhole = (value) => value === null || Number.isInteger(value);
      const whole = scale === "" && shown.every(({ values }) => values.every(isWhole));
      const axis = axisFor(bounds.low, bounds.high, scale, count, near, whole ? 1 : 0);
      // Divided before they are subtracted: two huge numbers are further apart than any number.
      const half = axis.max / 2 - axis.min / 2;
      y = (value) => this.#down((value / 2 - axis.min / 2) / half);
      const ticks = empty ? [] : axis.ticks;
      this.#valueAxis(ticks.map(({ value, label }) => ({ at: y(value), label, zero: value === 0 })));
    }
    this.#timeAxis(this.#from, this.#from + this.#span);
    this.#drawHeat();
    this.#drawLines(shown, looks, y, stepped);
    this.#empty.hidden = !empty;
    setText(this.#empty, empty || "");
  }

  #down(height) {
    return EDGE.top + (1 - height) * this.#area.height;
  }

  #x(time) {
    return EDGE.left + ((time - this.#from) / this.#span) * this.#area.width;
  }

  #valueAxis(ticks) {
    const right = EDGE.left + this.#area.width;
    keyed(this.#grid, ticks, (tick) => tick.label, () => svg("line"), (line, { at, zero }) => {
      place(line, { x1: EDGE.left, x2: right, y1: crisp(at), y2: crisp(at), class: zero ? "zero" : null });
    });
    keyed(this.#values, ticks, (tick) => tick.label, () => svg("text"), (text, { at, label }) => {
      place(text, { x: EDGE.left - 8, y: Math.round(at + 4) });
      setText(text, label);
    });
  }

  #timeAxis(from, to) {
    const ticks = timeTicks(from, to, Math.max(1, Math.floor(this.#area.width / 72)));
    const bottom = EDGE.top + this.#area.height;
    const made = () => svg("g", null, svg("line"), svg("text"));
    keyed(this.#times, ticks, (tick) => tick.time, made, (node, tick) => {
      const x = this.#x(tick.time);
      // Half a label may not stand beyond either end.
      const near = Math.min(x - EDGE.left + 40, EDGE.left + this.#area.width + EDGE.right - x) < 18;
      place(node.firstChild, { x1: crisp(x), x2: crisp(x), y1: bottom, y2: bottom + 4 });
      place(node.lastChild, { x: Math.round(x), y: bottom + 16, visibility: near ? "hidden" : null });
      setText(node.lastChild, tick.label);
    });
  }

  #drawHeat() {
    this.#canvas.hidden = !this.heat;
    if (!this.heat) return;
    const { columns, start, length, step } = this.data;
    drawHeat(this.#canvas, columns, this.heat);
    const left = this.#x(start);
    Object.assign(this.#canvas.style, {
      left: `${left}px`,
      width: `${this.#x(start + length * step) - left}px`,
      top: `${EDGE.top}px`,
      height: `${this.#area.height}px`,
    });
  }

  #drawLines(shown, looks, y, stepped) {
    const { start, step } = this.data;
    const x = (slot) => this.#x(start + slot * step);
    const paths = shown.map((line) => ({
      key: line.key,
      look: `line ${looks[line.key]}`,
      path: linePath(line.values, x, y, stepped && line.role !== "quantile"),
    }));
    const quantile = (key) => shown.find((line) => line.role === "quantile" && line.key === key);
    const [low, high] = [quantile("p50"), quantile("p99")];
    if (low && high && !this.heat) {
      paths.unshift({ key: "band", look: "band", path: bandPath(low.values, high.values, x, y) });
    }
    // What comes first in the legend lies on top.
    paths.sort((a, b) => (a.look === "band" ? -1 : b.look === "band" ? 1 : -1));
    const keyOf = ({ look, key }) => (look === "band" ? look : `line ${key}`);
    keyed(this.#lines, paths, keyOf, () => svg("path"), (node, { look, path }) => {
      place(node, { class: look, d: path });
    });
    setAttribute(this.#lines, "class", this.heat ? "lines over-heat" : "lines");
  }

  /** The hair line at a slot (null: none), and a frame around a row of the heat map. */
  point(slot, row) {
    setAttribute(this.#mark, "visibility", slot === null ? "hidden" : null);
    if (slot === null) return;
    const { start, step } = this.data;
    const time = middleOf(this.data, slot);
    const x = this.#x(time);
    place(this.#hair, { x1: crisp(x), x2: crisp(x), y1: EDGE.top, y2: EDGE.top + this.#area.height });
    const left = x > EDGE.left + this.#area.width / 2;
    place(this.#when, { x: Math.round(x + (left ? -6 : 6)), "text-anchor": left ? "end" : "start" });
    setText(this.#when, formatTime(start + slot * step));
    const framed = this.heat && row !== null && row !== undefined;
    setAttribute(this.#cell, "visibility", framed ? null : "hidden");
    if (!framed) return;
    const height = this.#area.height / this.heat.rows;
    const width = this.#x(start + step) - this.#x(start);
    const top = this.#down((row - this.heat.from + 1) / this.heat.rows);
    place(this.#cell, { x: x - width / 2 - 1, y: top - 1, width: width + 2, height: height + 2 });
  }

  /** The moment and the heat map's row at a place of the page; null outside of the data. */
  locate({ clientX, clientY }) {
    if (!this.data) return null;
    const box = this.element.getBoundingClientRect();
    const across = (clientX - box.left - this.element.clientLeft - EDGE.left) / this.#area.width;
    const up = 1 - (clientY - box.top - this.element.clientTop - EDGE.top) / this.#area.height;
    if (across < -0.05 || across > 1.05) return null;
    const last = endOf(this.data) - this.data.step / 2;
    const time = Math.min(last, Math.max(this.data.start, this.#from + across * this.#span));
    return { time, row: this.heat && up >= 0 && up <= 1 ? rowAt(up, this.heat) : null };
  }
}

const crisp = (at) => Math.round(at) + 0.5;

function place(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
}
