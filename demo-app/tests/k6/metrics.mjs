// Stands in for `k6/metrics`.

import { state } from "./state.mjs";

/** What k6 takes for a name; the types do not say so. */
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{1,127}$/;

class Metric {
  constructor(kind, name) {
    if (!NAME.test(name)) throw new Error(`invalid metric name: ${name}`);
    if (!state.isLoading) throw new Error(`${name}: metrics are made while the script is loaded`);
    if (state.kinds.has(name)) throw new Error(`there is a metric ${name} already`);
    state.kinds.set(name, kind);
    this.name = name;
  }

  add(value, tags) {
    if (state.isLoading) throw new Error(`${this.name}: nothing is measured while the script is loaded`);
    if (!Number.isFinite(Number(value))) throw new Error(`${this.name}: ${value} is no number`);
    state.add(this.name, value, tags);
  }
}

const kind = (kind) =>
  class extends Metric {
    constructor(name) {
      super(kind, name);
    }
  };

export const Counter = kind("counter");
export const Gauge = kind("gauge");
export const Rate = kind("rate");
export const Trend = kind("trend");
