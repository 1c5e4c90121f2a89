// Four hours of the same: what grows that should not? It is given up if an objective is missed, because
// then there is something to repair first.

import { gracefulStop, minutes, rate, scenarios, summaryTrendStats, thresholds, timeUnit } from "./shapes.js";

export { broken, browse, member, quote, setup, work } from "./visits.js";

/** @type {import("k6/options").Options} */
export const options = {
  scenarios: scenarios(1, (visit, machines) => ({
    executor: "constant-arrival-rate",
    exec: visit.exec,
    rate: rate(visit, 1),
    timeUnit,
    duration: minutes(240),
    gracefulStop,
    ...machines,
  })),
  thresholds: thresholds({ abort: minutes(10) }),
  summaryTrendStats,
};
