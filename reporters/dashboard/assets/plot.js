// The picture of a chart: grid, ticks, lines, the heat map under them, and the hair line of the moment
// that is looked at. Elements are kept from one drawing to the next; only what differs is written.

import { axisFor, timeTicks } from "./axis.js";
import { boundsOf, endOf, middleOf } from "./data.js";
import { el, setAttribute, setText, svg } from "./dom.js";
import { formatTime } from "./format.js";
import { drawHeat, edgeTicks, heightOf, rowAt, windowOf } from "./heat.js";
import { keyed } from "./keyed.js";
import { bandPath, linePath } from "./lines.js";

const LEFT = 62;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;
const KNOWN = /^(seconds|bytes|ratio)?( ?per second)?$/;

export class Plot {
  #values = svg("g", { class: "value-axis" });
  #times = svg("g", { class: "time-axis" });
  #lines = svg("g");
  #hair = svg("line");
  #when = svg("text", { y: TOP + 9 });
  #cell = svg("rect", { class: "cell" });
  #mark = svg("g", { class: "hair", visibility: "hidden" }, this.#hair, this.#when, this.#cell);
  #empty = el("p", { class: "plot-empty" });
  #canvas = el("canvas", { class: "heat", "aria-hidden": "true" });
  // Of the area within the axes.
  #width = 0;
  #height = 0;
  #from = 0;
  #span = 1;

  element = el("div", { class: "plot", role: "img", tabindex: "0" }, this.#canvas,
    svg("svg", { "aria-hidden": "true" }, this.#values, this.#times, this.#lines, this.#mark), this.#empty);

  /** Draws `data`, once it is known how large (`size`, from an observer: asking would make the browser
   * lay out the page for each chart): those of its lines that are in `shown`, with the classes in `looks`.
   * Values that are `held` until the next one are stepped, and need no zero. */
  draw({ data, shown, looks, unit, held, empty }) {
    if (!this.size?.width) return;
    this.#width = Math.max(40, this.size.width - LEFT - RIGHT);
    this.#height = Math.max(20, this.size.height - TOP - BOTTOM);
    this.#span = data.slots * data.step;
    // Without data it is the range that ends now.
    this.#from = (data.length > 0 ? endOf(data) : Date.now()) - this.#span;
    this.data = data;
    this.heat = data.columns && !empty ? windowOf(data.columns, data.edges) : null;
    const y = this.#valueAxis(shown, KNOWN.test(unit ?? "") ? unit : "", held, empty);
    this.#timeAxis();
    this.#drawHeat();
    this.#drawLines(shown, looks, y, held);
    this.#empty.hidden = !empty;
    setText(this.#empty, empty || "");
  }

  #down(height) {
    return TOP + (1 - height) * this.#height;
  }

  #x(time) {
    return LEFT + ((time - this.#from) / this.#span) * this.#width;
  }

  // Returns how far down a value is.
  #valueAxis(shown, unit, held, empty) {
    const { data: { edges }, heat } = this;
    let heightIn = (value) => heightOf(value, edges, heat);
    let ticks;
    if (heat) {
      ticks = edgeTicks(edges, heat, unit, Math.round(this.#height / 22));
    } else {
      const { low, high } = boundsOf(shown) ?? { low: 0, high: 0 };
      // What only ever was a whole number has no halves.
      const whole = unit === "" && shown.every(({ values }) => values.every((value) => Number.isInteger(value ?? 0)));
      const axis = axisFor(low, high, unit, Math.max(2, Math.round(this.#height / 42)), held, whole ? 1 : 0);
      // Divided before they are subtracted: two huge numbers are further apart than any number.
      heightIn = (value) => (value / 2 - axis.min / 2) / (axis.max / 2 - axis.min / 2);
      ticks = empty ? [] : axis.ticks.map((tick) => ({ height: heightIn(tick.value), ...tick }));
    }
    this.#ticks(this.#values, ticks, ({ label }) => label, ({ height, value }) => {
      const at = this.#down(height);
      const line = { x1: LEFT, x2: LEFT + this.#width, y1: crisp(at), y2: crisp(at), class: value === 0 && "zero" };
      return [line, { x: LEFT - 8, y: Math.round(at + 4) }];
    });
    return (value) => this.#down(heightIn(value));
  }

  #timeAxis() {
    const ticks = timeTicks(this.#from, this.#from + this.#span, Math.max(1, Math.floor(this.#width / 72)));
    const bottom = TOP + this.#height;
    this.#ticks(this.#times, ticks, ({ time }) => time, ({ time }) => {
      const x = this.#x(time);
      // Half a label may not stand beyond either end.
      const near = Math.min(x - LEFT + 40, LEFT + this.#width + RIGHT - x) < 18;
      const line = { x1: crisp(x), x2: crisp(x), y1: bottom, y2: bottom + 4 };
      return [line, { x: Math.round(x), y: bottom + 16, visibility: near && "hidden" }];
    });
  }

  // `placed(tick)` gives the attributes of its line and of its text.
  #ticks(axis, ticks, keyOf, placed) {
    const make = () => svg("g", null, svg("line"), svg("text"));
    keyed(axis, ticks, keyOf, make, ({ firstChild, lastChild }, tick) => {
      const [line, text] = placed(tick);
      place(firstChild, line);
      place(lastChild, text);
      setText(lastChild, tick.label);
    });
  }

  #drawHeat() {
    this.#canvas.hidden = !this.heat;
    if (!this.heat) return;
    drawHeat(this.#canvas, this.data.columns, this.heat);
    const left = this.#x(this.data.start);
    const width = this.#x(endOf(this.data)) - left;
    const box = { left, width, top: TOP, height: this.#height };
    for (const [name, size] of Object.entries(box)) this.#canvas.style[name] = `${size}px`;
  }

  #drawLines(shown, looks, y, held) {
    const { start, step } = this.data;
    const x = (slot) => this.#x(start + slot * step);
    // What comes first in the legend lies on top.
    const paths = shown.map(({ key, role, values }) => ({
      key: `line ${key}`,
      class: `line ${looks.get(key)}`,
      d: linePath(values, x, y, held && role !== "quantile"),
    })).reverse();
    const quantile = (key) => shown.find((line) => line.role === "quantile" && line.key === key)?.values;
    const [low, high] = [quantile("p50"), quantile("p99")];
    if (low && high && !this.heat) paths.unshift({ key: "band", class: "band", d: bandPath(low, high, x, y) });
    keyed(this.#lines, paths, ({ key }) => key, () => svg("path"), (node, { class: look, d }) => {
      place(node, { class: look, d });
    });
    setAttribute(this.#lines, "class", this.heat && "over-heat");
  }

  /** The hair line at a slot (null: none), and a frame around a row of the heat map. */
  point(slot, row) {
    setAttribute(this.#mark, "visibility", slot === null && "hidden");
    if (slot === null) return;
    const { start, step } = this.data;
    const x = this.#x(middleOf(this.data, slot));
    const left = x > LEFT + this.#width / 2;
    place(this.#hair, { x1: crisp(x), x2: crisp(x), y1: TOP, y2: TOP + this.#height });
    place(this.#when, { x: Math.round(x + (left ? -6 : 6)), "text-anchor": left ? "end" : "start" });
    setText(this.#when, formatTime(start + slot * step));
    const framed = this.heat && row !== null;
    setAttribute(this.#cell, "visibility", !framed && "hidden");
    if (!framed) return;
    const { from, rows } = this.heat;
    const width = this.#x(start + step) - this.#x(start) + 2;
    const y = this.#down((row - from + 1) / rows) - 1;
    place(this.#cell, { x: x - width / 2, y, width, height: this.#height / rows + 2 });
  }

  /** The moment and the heat map's row at a place of the page; null outside of the data. */
  locate({ clientX, clientY }) {
    if (!this.data) return null;
    const box = this.element.getBoundingClientRect();
    const across = (clientX - box.left - LEFT) / this.#width;
    const up = 1 - (clientY - box.top - TOP) / this.#height;
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
