// A card with a chart: its heading, what it can be asked, the plot, the legend, the table behind it.
//
// Data is taken in as it comes; drawing waits for the browser's next frame, and for the chart to be in
// the window. While the page is paused nothing is taken in: one can look around in what is there, and
// afterwards all of it comes anew.

import { Controls, statName } from "./controls.js";
import { append, isEmpty, slotAt, wholeData } from "./data.js";
import { coded, el, linked, rewrite, setAttribute, setText } from "./dom.js";
import { formatClock, formatExact, formatNumber, formatTime } from "./format.js";
import { bucketText, countOf, forgetShade } from "./heat.js";
import { current, follow, seen } from "./hover.js";
import { keyed, putValue } from "./keyed.js";
import { Legend, choicesOf } from "./legend.js";
import { looksOf } from "./lines.js";
import { Plot } from "./plot.js";
import { Values } from "./values.js";

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
  for (const { target: { chart }, isIntersecting } of entries) {
    seen[isIntersecting ? "add" : "delete"](chart);
    if (isIntersecting) schedule(chart);
  }
}, { rootMargin: "200px" });
const sizes = new ResizeObserver((entries) => {
  for (const { target: { chart }, contentRect } of entries) {
    chart.plot.size = contentRect;
    schedule(chart);
  }
});

function redraw() {
  forgetShade();
  for (const chart of seen) schedule(chart);
}

class Chart {
  #taken = new Map();
  #context;
  #heading;
  #detail = el("p", { class: "hint" });
  #figures = el("dl", { class: "chart-figures" });
  #legend = new Legend(this, (line) => {
    this.#choices.set(line.key, !this.hides(line));
    schedule(this);
  });
  #values = new Values();
  #controls;
  #choices;

  looks = new Map();
  plot = new Plot();

  constructor(card, context) {
    this.card = card;
    this.#context = context;
    // Until it is drawn, too: it can have the focus.
    setAttribute(this.plot.element, "aria-label", this.#what());
    this.#choices = choicesOf(`${context.page} ${context.section} ${card.id}`);
    this.#controls = new Controls(context, (open) => {
      this.#values.element.hidden = !open;
      schedule(this);
    });
    // On the metrics page a chart is a section, elsewhere it is within one.
    this.#heading = el(/^chart-/.test(context.section) ? "h2" : "h3", { class: "chart-title" });
    this.element = el("div", { class: "chart" },
      el("div", { class: "chart-head" }, this.#heading, this.#controls.element), this.#detail, this.#figures,
      this.plot.element, this.#legend.element, this.#controls.series, this.#values.element);
    this.element.chart = this;
    this.plot.element.chart = this;
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

  delta(card, { set = {}, append: more }) {
    if (this.#context.paused()) return;
    if (["lines", "heat", "start", "step", "slots"].some((name) => name in set)) this.whole(card);
    this.card = card;
    this.#head();
    if (more) append(this.data, more);
    // Figures are written already; most seconds bring nothing else.
    if (more || Object.keys(set).some((name) => name !== "figures")) schedule(this);
  }

  get #name() {
    return this.card.title ?? this.card.metric?.name ?? "Chart";
  }

  /** Whether a line is not drawn: as was chosen, else a total that would flatten all of its series. */
  hides = ({ key, role }) => this.#choices.get(key)
    ?? (role === "total" && this.card.by === "series" && this.data.lines.length > 2);

  get #shown() {
    return this.data.lines.filter((line) => !this.hides(line));
  }

  #head() {
    const { card } = this;
    const { metric } = card;
    this.element.classList.toggle("compact", Boolean(card.compact));
    // A long name is broken where its parts end.
    const name = () => this.#name.split(/(?<=[._/])/).flatMap((part) => [part, el("wbr")]);
    rewrite(this.#heading, [this.#name, card.href], () => linked(card.href, name()));
    const join = (parts, between) => parts.filter(Boolean).join(between);
    const by = metric?.tags?.length && `by ${metric.tags.join(", ")}`;
    const facts = metric && join([metric.type?.replace("_", " "), by, card.unit === "ratio" ? "%" : card.unit], " · ");
    const detail = join([facts, metric?.description, card.hint, card.more], ". ");
    rewrite(this.#detail, detail, () => coded(detail));
    this.#detail.hidden = !detail;
    setAttribute(this.#detail, "title", metric?.events?.length && `Event: ${metric.events.join(", ")}`);
    this.#figures.hidden = !card.figures?.length;
    const pair = () => el("div", null, el("dt"), el("dd"));
    keyed(this.#figures, card.figures ?? [], ({ label }) => label, pair, ({ firstChild, lastChild }, figure) => {
      setText(firstChild, figure.label);
      putValue(lastChild, figure.value);
    });
  }

  draw() {
    const { card, card: { stat, unit }, data } = this;
    this.due = false;
    const looks = this.looks = looksOf(data.lines, this.#taken);
    const empty = isEmpty(data) && this.#nothing();
    this.plot.draw({ data, shown: this.#shown, looks, unit, held: stat === "value", empty });
    setAttribute(this.plot.element, "aria-label", this.#summary());
    this.#controls.draw(card, data.lines);
    if (!this.#values.element.hidden) this.#values.draw(data, unit, this.#name);
    this.point();
  }

  /** Shows the numbers of the moment that is looked at, or the newest ones. */
  point() {
    const { data, plot } = this;
    if (this.due || !plot.data) return;
    const moment = current();
    const { at, row } = this.#at(moment);
    plot.point(at, row);
    const slot = at ?? (data.length > 0 && !moment ? data.length - 1 : null);
    const when = slot === null ? moment && formatTime(moment.time) : this.#when(slot);
    this.#legend.draw(slot, when && `${moment ? "at" : "newest,"} ${when}`, this.#counted(slot, row));
  }

  // Where the moment that is looked at is in this chart.
  #at(moment) {
    const at = moment && slotAt(this.data, moment.time);
    return { at, row: moment?.chart === this ? moment.row : null };
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
    const all = formatExact(countOf(column), "");
    if (row === null || row >= column.length) return `${all} counted`;
    return `${formatExact(column[row] ?? 0, "")} of ${all} at ${bucketText(edges, row, this.card.unit)}`;
  }

  /** The moment that is looked at, in words. */
  tell() {
    const { at, row } = this.#at(current());
    const said = at === null ? [] : [this.#when(at), this.#counted(at, row), ...this.#said(at)];
    return said.filter(Boolean).join(", ");
  }

  #said(slot) {
    const lines = this.#shown;
    const said = lines.slice(0, 5).map((line) => `${line.label} ${formatNumber(line.values[slot], this.card.unit)}`);
    return lines.length > 5 ? [...said, `and ${lines.length - 5} more`] : said;
  }

  #summary() {
    const { data } = this;
    if (isEmpty(data)) return `${this.#what()}, ${this.#nothing()}`;
    return `${this.#what()}. Newest: ${this.#said(data.length - 1).join(", ")}.`;
  }

  #what() {
    const { stat, unit } = this.card;
    return `Chart: ${[this.#name, statName(stat), unit].filter(Boolean).join(", ")}`;
  }
}

export const kinds = {
  chart: {
    own: true,
    create: (card, context) => new Chart(card, context).element,
    whole: (element, card) => element.chart.whole(card),
    delta: (element, card, delta) => element.chart.delta(card, delta),
  },
};

// Other colours, other shades of the heat maps, whose pixels no style sheet reaches.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
