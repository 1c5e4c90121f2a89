// Does it work at all? A visit a second for half a minute: before anything larger, and after a deploy.

import { gracefulStop, minutes, rate, scenarios, summaryTrendStats, thresholds, timeUnit } from "./shapes.js";

export { broken, browse, member, quote, setup, work } from "./visits.js";

/** A fifth of an ordinary day's visits. */
const TIMES = 0.2;

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: scenarios(TIMES, (visit, machines) => ({
    executor: "constant-arrival-rate",
    exec: visit.exec,
    rate: rate(visit, TIMES),
    timeUnit,
    duration: minutes(0.5),
    gracefulStop,
    ...machines,
  })),
  thresholds: thresholds({ few: true }),
  summaryTrendStats,
};
