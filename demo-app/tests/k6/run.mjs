// Runs a script of `ops/k6` without k6: loads it as k6 would, refuses what k6 would refuse, makes each of
// its scenarios visit the demo a few times, one visit after the other, and holds the answers to its
// thresholds. It is a test of the scripts, no load test: nothing here is about time.
//
//   node run.mjs SCRIPT BASE_URL VISITS [NAME=VALUE..]
//
// Prints as JSON what was asked, checked and found. Names and values are for `__ENV`.

import { register } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

register("./loader.mjs", import.meta.url);

const [script, base, visits, ...env] = process.argv.slice(2);
globalThis.__ENV = { BASE_URL: base, ...Object.fromEntries(env.map((pair) => pair.split("="))) };

const { state } = await import("./state.mjs");
const { checkOptions } = await import("./options.mjs");
const { evaluate } = await import("./thresholds.mjs");
const { close } = await import("./http.mjs");

try {
  // While this happens, and only then, metrics may be made.
  const main = await import(pathToFileURL(path.resolve(script)));
  state.isLoading = false;
  checkOptions(main);
  const data = main.setup?.();
  for (const [name, { exec = "default" }] of Object.entries(main.options.scenarios)) {
    for (let iteration = 0; iteration < Number(visits); iteration++) {
      state.begin(name, iteration);
      main[exec](data);
    }
  }
  const thresholds = evaluate(main.options.thresholds);
  const requests = state.requests;
  const scenarios = Object.keys(main.options.scenarios);
  console.log(JSON.stringify({ scenarios, requests, checks: state.checks, thresholds }));
} catch (error) {
  console.error(String(error?.stack ?? error));
  process.exitCode = 1;
} finally {
  await close();
}
