// What a chart of the metrics page can be asked: another statistic, all series together, some of its
// series; its table; more room.

import { button, el, find, replace, setAttribute, setText } from "./dom.js";
import { formatNumber } from "./format.js";
import { change, entryOf, isWide, optionsOf, setWide } from "./metrics.js";

const NAMES = {
  __proto__: null, total: "running total", p50: "p50 (median)", quantiles: "percentiles", heat: "heat map",
};
const TYPED = 400;

/** A statistic in words. */
export const statName = (stat) => NAMES[stat] ?? stat ?? "";

export class Controls {
  #stat = this.#choice("stat", "Statistic");
  #by = this.#choice("by", "Lines", { series: "by series", total: "together" });
  #wide = this.#toggle("Enlarge", (on) => setWide(this.#id, on), true);
  #table;
  #find = find("", { placeholder: "Find series", oninput: () => this.#typed() });
  #said = el("span");
  #timer = 0;
  #id = null;
  #context;

  /** `table(open)` shows the table or puts it away. */
  constructor(context, table) {
    this.#context = context;
    this.#table = this.#toggle("Table", table);
    this.element = el("div", { class: "chart-tools" }, this.#stat, this.#by, this.#wide, this.#table);
    this.series = el("p", { class: "chart-series", hidden: true }, this.#said, this.#find);
  }

  // What only some charts have is hidden until it is known.
  #toggle(text, turn, hidden) {
    const node = button(text, () => {
      const on = node.getAttribute("aria-pressed") !== "true";
      setAttribute(node, "aria-pressed", String(on));
      turn(on);
    }, { "aria-pressed": "false", hidden });
    return node;
  }

  #choice(name, label, choices) {
    const onchange = () => this.#ask({ [name]: node.value });
    const node = el("select", { "aria-label": label, hidden: true, onchange });
    return offer(node, choices ?? {});
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask({ find: this.#find.value.trim() }), TYPED);
  }

  #ask(changes) {
    change(this.#id, changes, this.#context);
  }

  draw(card, lines) {
    const entry = this.#context.page === "metrics" && card.metric ? entryOf(card.metric.id) : undefined;
    this.#id = entry?.id ?? null;
    const stats = entry?.stats ?? [];
    this.#stat.hidden = stats.length < 2;
    if (this.#stat.childElementCount !== stats.length) {
      offer(this.#stat, Object.fromEntries(stats.map((stat) => [stat, statName(stat)])));
    }
    this.#by.hidden = !entry?.tags?.length || /^(heat|quantiles)$/.test(card.stat);
    this.#wide.hidden = !entry;
    setAttribute(this.#wide, "aria-pressed", String(isWide(this.#id)));
    write(this.#stat, card.stat);
    write(this.#by, card.by ?? "total");
    this.#drawSeries(card, lines, entry);
  }

  #drawSeries(card, lines, entry) {
    const wanted = optionsOf(this.#id).find ?? "";
    const series = lines.filter((line) => line.role === "series").length;
    const all = entry?.series ?? card.all ?? 0;
    this.series.hidden = wanted === "" && all <= Math.max(1, series);
    const count = formatNumber(all, "");
    const some = wanted && `with “${wanted}”`;
    const said = card.by === "total"
      ? [!wanted && count, "series", some, "together"]
      : [series, "of", count, "series, busiest", some || "first"];
    setText(this.#said, said.filter(Boolean).join(" "));
    this.#find.hidden = !entry;
    setAttribute(this.#find, "aria-label", `Find series of ${card.metric?.name}`);
    write(this.#find, wanted);
  }
}

function offer(select, choices) {
  return replace(select, Object.entries(choices).map(([value, text]) => el("option", { value, text })));
}

// Not while somebody uses it.
function write(field, value) {
  if (document.activeElement !== field) field.value = value;
}
