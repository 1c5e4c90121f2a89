// What a chart of the metrics page can be asked: another statistic, all series together, some of its
// series; its table; more room.

import { el, replace, setAttribute, setText } from "./dom.js";
import { formatNumber } from "./format.js";
import { change, entryOf, isWide, optionsOf, setWide } from "./metrics.js";

const NAMES = {
  rate: "rate", total: "running total", value: "value", p50: "p50 (median)", mean: "mean", max: "max",
  quantiles: "percentiles", heat: "heat map",
};
const TYPED = 400;

/** A statistic in words. */
export const statName = (stat) => NAMES[stat] ?? stat ?? "";

export class Controls {
  #stat = el("select", { "aria-label": "Statistic", onchange: () => this.#ask({ stat: this.#stat.value }) });
  #by = el("select", { "aria-label": "Lines", onchange: () => this.#ask({ by: this.#by.value }) },
    el("option", { value: "series", text: "by series" }), el("option", { value: "total", text: "together" }));
  #table = el("button", { type: "button", text: "Table", "aria-pressed": "false" });
  #wide = el("button", { type: "button", text: "Enlarge", "data-tool": "wide", "aria-pressed": "false" });
  #find = el("input", { type: "search", placeholder: "Find series", maxlength: "200" });
  #said = el("span");
  #timer = 0;
  #id = null;
  #context;

  /** `table(open)` shows the table or puts it away. */
  constructor(context, table) {
    this.#context = context;
    this.element = el("div", { class: "chart-tools" }, this.#stat, this.#by, this.#wide, this.#table);
    this.series = el("p", { class: "chart-series" }, this.#said, this.#find);
    this.#table.addEventListener("click", () => {
      const open = this.#table.getAttribute("aria-pressed") !== "true";
      setAttribute(this.#table, "aria-pressed", String(open));
      table(open);
    });
    this.#wide.addEventListener("click", () => {
      setWide(this.#id, !isWide(this.#id));
      setAttribute(this.#wide, "aria-pressed", String(isWide(this.#id)));
    });
    this.#find.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask({ find: this.#find.value.trim() }), TYPED);
    });
  }

  #ask(changes) {
    change(this.#id, changes, this.#context);
  }

  draw(card, lines) {
    const entry = this.#context.page === "metrics" && card.metric ? entryOf(card.metric.id) : undefined;
    this.#id = entry?.id ?? null;
    const options = entry ? optionsOf(entry.id) : {};
    const stats = entry?.stats ?? [];
    this.#stat.hidden = stats.length < 2;
    if (this.#stat.childElementCount !== stats.length) {
      replace(this.#stat, stats.map((stat) => el("option", { value: stat, text: statName(stat) })));
    }
    if (document.activeElement !== this.#stat) this.#stat.value = card.stat;
    this.#by.hidden = !entry?.tags?.length || /^(heat|quantiles)$/.test(card.stat);
    if (document.activeElement !== this.#by) this.#by.value = card.by ?? "total";
    this.#wide.hidden = !entry;
    if (entry) setAttribute(this.#wide, "aria-pressed", String(isWide(entry.id)));
    this.#drawSeries(card, lines, entry, options.find ?? "");
  }

  #drawSeries(card, lines, entry, find) {
    const series = lines.filter((line) => line.role === "series").length;
    const all = entry?.series ?? card.all ?? 0;
    this.series.hidden = find === "" && all <= Math.max(1, series);
    if (this.series.hidden) return;
    const count = formatNumber(all, "");
    const some = find ? `with “${find}”` : "";
    const together = find ? `series ${some} together` : `${count} series together`;
    const each = `${series} of ${count} series, busiest ${some || "first"}`;
    setText(this.#said, card.by === "total" ? together : each);
    this.#find.hidden = !entry;
    setAttribute(this.#find, "aria-label", `Find series of ${card.metric?.name}`);
    if (document.activeElement !== this.#find) this.#find.value = find;
  }
}
