// A card with a chart: its heading, what it can be asked, the plot, the legend, the table behind it.
//
// Data is taken in as it comes; drawing waits for the browser's next frame, and for the chart to be in
// the window. While the page is paused nothing is taken in: one can look around in what is there, and
// afterwards all of it comes anew.

import { Controls, statName } from "./controls.js";
import { append, isEmpty, slotAt, wholeData } from "./data.js";
import { el, replace, setAttribute, setText } from "./dom.js";
import { formatClock, formatExact, formatNumber, formatTime } from "./format.js";
import { bucketText, countOf } from "./heat.js";
import { current, follow, seen } from "./hover.js";
import { keyed, putValue } from "./keyed.js";
import { Legend, hiddenOf } from "./legend.js";
import { looksOf } from "./lines.js";
import { Plot } from "./plot.js";
import { Values } from "./values.js";

const charts = new WeakMap();

// Each in a callback of its own, all before the same frame: what is wrong with one is no harm to others.
function schedule(chart) {
  chart.due = true;
  chart.frame ||= requestAnimationFrame(() => {
    chart.frame = 0;
    if (seen.has(chart)) chart.draw();
  });
}

// Both keep elements only as long as the page does.
const inWindow = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    const chart = charts.get(target);
    if (!isIntersecting) seen.delete(chart);
    else {
      seen.add(chart);
      if (chart.due) schedule(chart);
      else chart.point();
    }
  }
}, { rootMargin: "200px" });
const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    const chart = charts.get(target);
    chart.plot.size = contentRect;
    schedule(chart);
  }
});

function redraw() {
  for (const chart of seen) schedule(chart);
}

class Chart {
  #taken = new Map();
  #context;
  #heading;
  #detail = el("p", { class: "hint" });
  #figures = el("dl", { class: "chart-figures" });
  #legend;
  #values = new Values();
  #controls;
  #looks = {};

  constructor(card, context) {
    this.#context = context;
    this.without = hiddenOf(`${context.page} ${context.section} ${card.id}`);
    this.plot = new Plot();
    this.#legend = new Legend(() => schedule(this));
    this.#controls = new Controls(context, (open) => {
      this.#values.element.hidden = !open;
      schedule(this);
    });
    // On the metrics page a chart is a section, elsewhere it is within one.
    this.#heading = el(/^chart-/.test(context.section) ? "h2" : "h3", { class: "chart-title" });
    this.element = el("div", { class: "chart" },
      el("div", { class: "chart-head" }, this.#heading, this.#controls.element), this.#detail, this.#figures,
      this.plot.element, this.#legend.element, this.#controls.series, this.#values.element);
    charts.set(this.element, this);
    charts.set(this.plot.element, this);
    follow(this);
    inWindow.observe(this.element);
    sizes.observe(this.plot.element);
  }

  whole(card) {
    this.card = card;
    this.data = wholeData(card);
    this.#head();
    schedule(this);
  }

  delta(card, delta) {
    if (this.#context.paused()) return;
    const set = delta.set ?? {};
    if (["lines", "heat", "start", "step", "slots"].some((name) => name in set)) {
      this.whole(card);
    } else {
      this.card = card;
      this.#head();
    }
    if (delta.append) {
      append(this.data, delta.append);
      setAttribute(this.plot.element, "aria-label", this.#summary());
    }
    schedule(this);
  }

  get #name() {
    return this.card.title ?? this.card.metric?.name ?? "Chart";
  }

  #head() {
    const { card } = this;
    setAttribute(this.plot.element, "aria-label", this.#summary());
    const { metric } = card;
    const text = `${this.#name}\n${card.href ?? ""}`;
    if (this.#heading.written !== text) {
      this.#heading.written = text;
      replace(this.#heading, card.href ? el("a", { href: card.href, text: this.#name }) : this.#name);
    }
    this.element.classList.toggle("compact", Boolean(card.compact));
    const by = metric?.tags?.length ? `by ${metric.tags.join(", ")}` : "";
    const facts = metric ? [metric.type?.replace("_", " "), by, card.unit === "ratio" ? "%" : card.unit] : [];
    const detail = [facts.filter(Boolean).join(" · "), metric?.description, card.hint, card.more];
    setText(this.#detail, detail.filter(Boolean).join(". "));
    this.#detail.hidden = this.#detail.textContent === "";
    setAttribute(this.#detail, "title", metric?.events?.length ? `Event: ${metric.events.join(", ")}` : null);
    this.#figures.hidden = !card.figures?.length;
    const pair = () => el("div", null, el("dt"), el("dd"));
    keyed(this.#figures, card.figures ?? [], (figure) => figure.label, pair, ({ children: [label, value] }, figure) => {
      setText(label, figure.label);
      putValue(value, figure.value);
    });
  }

  draw() {
    const { card, data, without } = this;
    this.due = false;
    this.#looks = looksOf(data.lines, this.#taken);
    this.plot.draw({
      data,
      shown: data.lines.filter((line) => !without.has(line.key)),
      looks: this.#looks,
      unit: card.unit,
      stepped: card.metric?.type === "last_value" || card.stat === "value",
      near: card.stat === "value",
      empty: isEmpty(data) && this.#nothing(),
    });
    this.#controls.draw(card, data.lines);
    if (!this.#values.element.hidden) this.#values.draw(data, card.unit, this.#name);
    this.point();
  }

  /** Shows the numbers of the moment that is looked at, or the newest ones. */
  point() {
    const { data, plot, without } = this;
    if (this.due || !plot.data) return;
    const moment = current();
    const at = moment ? slotAt(data, moment.time) : null;
    const row = moment?.chart === this ? moment.row : null;
    plot.point(at, row);
    const slot = at ?? (data.length > 0 && !moment ? data.length - 1 : null);
    this.#legend.draw({
      lines: isEmpty(data) ? [] : data.lines,
      looks: this.#looks,
      without,
      unit: this.card.unit,
      slot,
      time: slot === null ? moment && formatTime(moment.time) : this.#when(slot),
      looking: moment !== null,
      note: this.#counted(slot, row),
      heat: Boolean(plot.heat),
    });
  }

  #nothing() {
    const { length, lines, step } = this.data;
    if (length > 0 || lines.length === 0) return "nothing counted in this range";
    return `the first ${formatNumber(step / 1000, "seconds")} are not over yet`;
  }

  // A long slot has an end worth telling.
  #when(slot) {
    const { start, step } = this.data;
    const begin = formatTime(start + slot * step);
    return step < 60_000 ? begin : `${begin} to ${formatClock(start + (slot + 1) * step)}`;
  }

  // What a heat map tells of a moment beside its lines.
  #counted(slot, row) {
    const { columns, edges } = this.data;
    const column = columns?.[slot];
    if (!column) return "";
    const text = (count) => formatExact(count ?? 0, "");
    if (row === null || row >= column.length) return `${text(countOf(column))} counted`;
    return `${text(column[row])} of ${text(countOf(column))} at ${bucketText(edges, row, this.card.unit)}`;
  }

  /** The moment that is looked at, in words. */
  tell() {
    const moment = current();
    const slot = moment && slotAt(this.data, moment.time);
    if (slot === null) return "";
    const row = moment.chart === this ? moment.row : null;
    const said = [this.#when(slot), this.#counted(slot, row), ...this.#said(slot)];
    return said.filter(Boolean).join(", ");
  }

  #said(slot) {
    const lines = this.data.lines.filter((line) => !this.without.has(line.key));
    const said = lines.slice(0, 5).map((line) => `${line.label} ${formatNumber(line.values[slot], this.card.unit)}`);
    return lines.length > 5 ? [...said, `and ${lines.length - 5} more`] : said;
  }

  #summary() {
    const { card, data } = this;
    const what = [this.#name, statName(card.stat), card.unit].filter(Boolean).join(", ");
    if (isEmpty(data)) return `Chart: ${what}, ${this.#nothing()}`;
    return `Chart: ${what}. Newest: ${this.#said(data.length - 1).join(", ")}.`;
  }
}

export const kinds = {
  chart: {
    own: true,
    create: (card, context) => new Chart(card, context).element,
    whole: (element, card) => charts.get(element).whole(card),
    delta: (element, card, delta) => charts.get(element).delta(card, delta),
  },
};

// Other colours, other shades of the heat maps, whose pixels no style sheet reaches.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["class", "data-theme"] });
