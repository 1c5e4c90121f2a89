// An ordinary day in ten minutes: does the demo keep its objectives under the load that it is made for?

import { gracefulStop, minutes, rate, scenarios, summaryTrendStats, thresholds, timeUnit } from "./shapes.js";

export { broken, browse, member, quote, setup, work } from "./visits.js";

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: scenarios(1, (visit, machines) => ({
    executor: "ramping-arrival-rate",
    exec: visit.exec,
    startRate: 0,
    timeUnit,
    stages: [
      { duration: minutes(1), target: rate(visit, 1) },
      { duration: minutes(8), target: rate(visit, 1) },
      { duration: minutes(1), target: 0 },
    ],
    gracefulStop,
    ...machines,
  })),
  thresholds: thresholds(),
  summaryTrendStats,
};
