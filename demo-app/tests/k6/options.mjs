// What k6 says of options before it begins.

import { state } from "./state.mjs";
import { parse } from "./thresholds.mjs";

const DURATION = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;

const isDuration = (value) => DURATION.test(value);
const isCount = (value) => Number.isInteger(value) && value > 0;
const isRate = (value) => Number.isInteger(value) && value >= 0;
const areStages = (value) =>
  Array.isArray(value) && value.length > 0 &&
  value.every(({ duration, target, ...more }) => isDuration(duration) && isRate(target) && !Object.keys(more).length);

/** Of each executor that is used what it needs, and what else it may have. */
const EXECUTORS = {
  "constant-arrival-rate": { needs: { rate: isCount, duration: isDuration, preAllocatedVUs: isCount }, may: {} },
  "ramping-arrival-rate": { needs: { stages: areStages, preAllocatedVUs: isCount }, may: { startRate: isRate } },
};

const MAY = { timeUnit: isDuration, maxVUs: isCount, gracefulStop: isDuration, startTime: isDuration };

export function checkOptions(main) {
  const { scenarios, thresholds, summaryTrendStats, ...more } = main.options;
  if (Object.keys(more).length) throw new Error(`the stand-in for k6 knows no options ${Object.keys(more)}`);
  for (const one of summaryTrendStats) {
    if (!/^(avg|min|med|max|count|p\(\d+(\.\d+)?\))$/.test(one)) throw new Error(`there is no statistic ${one}`);
  }
  for (const [name, scenario] of Object.entries(scenarios)) checkScenario(main, name, scenario);
  for (const [name, expressions] of Object.entries(thresholds)) {
    for (const expression of expressions) parse(name, expression, state.kinds);
  }
}

function checkScenario(main, name, { executor, exec = "default", ...more }) {
  if (typeof main[exec] !== "function") throw new Error(`scenario ${name}: no function ${exec} is exported`);
  if (!Object.hasOwn(EXECUTORS, executor)) throw new Error(`scenario ${name}: ${executor} is not an open model`);
  const { needs, may } = EXECUTORS[executor];
  for (const key of Object.keys(needs)) {
    if (more[key] === undefined) throw new Error(`scenario ${name}: no ${key}`);
  }
  for (const [key, value] of Object.entries(more)) {
    const isGood = { ...needs, ...may, ...MAY }[key];
    if (!isGood?.(value)) throw new Error(`scenario ${name}: ${key}: ${JSON.stringify(value)}`);
  }
  if (more.maxVUs < more.preAllocatedVUs) throw new Error(`scenario ${name}: fewer VUs at most than at first`);
}
