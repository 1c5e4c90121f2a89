// All at once: ten times as many within seconds, and back. What gives way, and does it recover?

import { gracefulStop, minutes, rate, scenarios, summaryTrendStats, thresholds, timeUnit } from "./shapes.js";

export { broken, browse, member, quote, setup, work } from "./visits.js";

const TIMES = 10;

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: scenarios(TIMES, (visit, machines) => ({
    executor: "ramping-arrival-rate",
    exec: visit.exec,
    startRate: rate(visit, 1),
    timeUnit,
    stages: [
      { duration: minutes(1), target: rate(visit, 1) },
      { duration: minutes(0.1), target: rate(visit, TIMES) },
      { duration: minutes(1), target: rate(visit, TIMES) },
      { duration: minutes(0.1), target: rate(visit, 1) },
      { duration: minutes(2), target: rate(visit, 1) },
    ],
    gracefulStop,
    ...machines,
  })),
  thresholds: thresholds(),
  summaryTrendStats,
};
