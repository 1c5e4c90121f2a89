// Thresholds: `metric{tag:value,..}` and `p(99)<250`.

import { state } from "./state.mjs";

/** What there is of a metric of each kind. */
const METHODS = {
  counter: ["count", "rate"],
  gauge: ["value"],
  rate: ["rate"],
  trend: ["avg", "min", "max", "med", "p(N)"],
};

const OPERATORS = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
};

export function parse(name, threshold, kinds) {
  const expression = typeof threshold === "string" ? threshold : threshold.threshold;
  const [, metric, selector] = /^([a-zA-Z0-9_]+)(?:\{([^{}]*)\})?$/.exec(name) ?? [];
  const kind = kinds.get(metric);
  if (!kind) throw new Error(`threshold ${name}: there is no such metric`);
  const tags = (selector?.split(",") ?? []).map((pair) => {
    const [, key, value] = /^\s*([^:\s]+):([^:]+?)\s*$/.exec(pair) ?? [];
    if (!key) throw new Error(`threshold ${name}: ${pair} is not tag:value`);
    return [key, value];
  });
  const parts = /^\s*([a-z]+|p\(([\d.]+)\))\s*(<=|>=|==|<|>)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(expression);
  if (!parts) throw new Error(`threshold ${name}: ${expression} cannot be read`);
  const [, method, percentile, operator, limit] = parts;
  if (!METHODS[kind].includes(percentile ? "p(N)" : method)) {
    throw new Error(`threshold ${name}: a ${kind} has no ${method}`);
  }
  return { name, expression, metric, kind, tags, method, percentile, operator, limit: Number(limit) };
}

/** Each threshold with what it found: of how many samples, which value, and whether that is good. */
export function evaluate(thresholds) {
  const each = Object.entries(thresholds).flatMap(([name, all]) => all.map((one) => parse(name, one, state.kinds)));
  return each.map((one) => {
    const samples = (state.samples.get(one.metric) ?? [])
      .filter(({ tags }) => one.tags.every(([key, value]) => tags[key] === value))
      .map(({ value }) => value);
    const value = valueOf(one, samples);
    return { name: one.name, samples: samples.length, value, ok: OPERATORS[one.operator](value, one.limit) };
  });
}

function valueOf({ kind, method, percentile }, samples) {
  const sum = samples.reduce((sum, value) => sum + value, 0);
  if (kind === "rate") return samples.length ? sum / samples.length : 0;
  if (kind === "counter" && method === "count") return sum;
  if (kind === "trend" && percentile) return quantile(samples, Number(percentile) / 100);
  throw new Error(`the stand-in for k6 does not know the ${method} of a ${kind}`);
}

/** As k6 has it: between two samples, in proportion. */
function quantile(samples, share) {
  if (!samples.length) return 0;
  const sorted = samples.toSorted((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}
