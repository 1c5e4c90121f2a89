// What the shapes have in common: how the visits are shared out, and what the demo is held to.

import { BROKEN, SPEED, VISITS } from "./env.js";
import { tagOf } from "./http.js";
import { OBJECTIVES } from "./objectives.js";

/**
 * A kind of visit.
 *
 * @typedef {object} Visit
 * @property {string} exec the function of `visits.js`
 * @property {number} share of all visits
 * @property {number} seconds that it takes at most, while all is well
 */

/** @type {Visit[]} */
const VISITS_OF = [
  { exec: "browse", share: 0.45, seconds: 7 },
  { exec: "member", share: 0.3, seconds: 11 },
  { exec: "work", share: 0.15, seconds: 7 },
  { exec: "quote", share: 0.1, seconds: 2 },
];

/** @type {Visit} */
const BROKEN_VISIT = { exec: "broken", share: 0.1, seconds: 2 };

/**
 * The scenarios of a shape, one for each kind of visit.
 *
 * @param {number} most how many times as many visits as on an ordinary day there are at most
 * @param {(visit: Visit, machines: Machines) => import("k6/options").Scenario} shape
 */
export function scenarios(most, shape) {
  const visits = BROKEN ? [...VISITS_OF, BROKEN_VISIT] : VISITS_OF;
  return Object.fromEntries(visits.map((visit) => [visit.exec, shape(visit, machines(visit, most))]));
}

/**
 * Virtual users. As long as there are enough, visits begin on time however slow the demo is; that is
 * what makes the model an open one. If there are not, `dropped_iterations` says so.
 *
 * @typedef {object} Machines
 * @property {number} preAllocatedVUs enough while all is well
 * @property {number} maxVUs enough while pages take some seconds
 */

/**
 * @param {Visit} visit
 * @param {number} most
 * @returns {Machines}
 */
function machines({ share, seconds }, most) {
  const busy = VISITS * most * share * seconds;
  return { preAllocatedVUs: Math.ceil(busy) + 1, maxVUs: Math.ceil(busy * 4) + 10 };
}

/** Rates are whole numbers, so they are said by the hour. */
export const timeUnit = "1h";

/**
 * How many visits of a kind begin in an hour.
 *
 * @param {Visit} visit
 * @param {number} times as many as on an ordinary day
 */
export function rate({ share }, times) {
  return Math.max(1, Math.round(VISITS * share * times * 3600));
}

/**
 * @param {number} count of minutes
 */
export function minutes(count) {
  return `${Math.max(1, Math.round(count * 60000 / SPEED))}ms`;
}

/** Who is there when the time is up may finish. */
export const gracefulStop = "30s";

/** For the summary: by which percentiles pages are told. */
export const summaryTrendStats = ["min", "med", "avg", "p(90)", "p(95)", "p(99)", "max"];

/**
 * What the demo is held to: each objective over the requests that it is about, and that there were any;
 * k6 is content with a share of nothing. The rest is about the test itself: visitors have to get where
 * they want to, and visits have to begin on time.
 *
 * @param {{ abort?: string, few?: boolean }} [how] `abort`: give up if an objective is missed, but not
 *   before so long; `few`: there are so few visits that a share of them is chance, so leave out those
 *   objectives that allow for a bad one in a hundred
 * @returns {{ [name: string]: import("k6/options").Threshold[] }}
 */
export function thresholds({ abort, few = false } = {}) {
  /** @type {{ [name: string]: import("k6/options").Threshold[] }} */
  const all = { checks: ["rate>=0.99"], dropped_iterations: ["count==0"] };
  for (const objective of OBJECTIVES) {
    if (few && objective.target <= 0.99) continue;
    const tag = `${tagOf(objective)}:yes`;
    // A failure is no answer, however quick it is.
    const [metric, threshold] = objective.latency_ms === null
      ? [`http_req_failed{${tag}}`, `rate<=${decimal(1 - objective.target)}`]
      : [
        `http_req_duration{${tag},expected_response:true}`,
        `p(${decimal(objective.target * 100)})<=${decimal(objective.latency_ms)}`,
      ];
    all[metric] = [abort ? { threshold, abortOnFail: true, delayAbortEval: abort } : threshold];
    all[`http_reqs{${tag}}`] = ["count>0"];
  }
  return all;
}

/**
 * Without what the machine's arithmetic adds: 1 - 0.999 is 0.0010000000000000009 to it.
 *
 * @param {number} value
 */
function decimal(value) {
  return String(Number(value.toFixed(6)));
}
