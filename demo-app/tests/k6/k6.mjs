// Stands in for `k6`.

import { state } from "./state.mjs";

export function check(value, checks, tags = {}) {
  let all = true;
  for (const [name, test] of Object.entries(checks)) {
    const good = Boolean(typeof test === "function" ? test(value) : test);
    const seen = (state.checks[name] ??= { made: 0, failed: 0 });
    seen.made += 1;
    seen.failed += good ? 0 : 1;
    state.add("checks", good, { check: name, ...tags });
    all &&= good;
  }
  return all;
}

/** Nobody has to wait here. */
export function sleep(seconds) {
  if (!(Number.isFinite(seconds) && seconds >= 0)) throw new Error(`cannot sleep ${seconds} seconds`);
}

export function fail(why) {
  throw new Error(why);
}
