// Generated from the objectives in `demo-app/src/ops`; do not edit.
// To write it again: RENEW_OPS=1 cargo test -p demo-app --test it ops::the_files

/**
 * @typedef {object} Objective
 * @property {string} name
 * @property {string[]} routes the routes that it is about
 * @property {number} target the share of requests that are to be good
 * @property {number | null} latency_ms how long a good one takes; null if any time is good
 */

/** @type {Objective[]} */
export const OBJECTIVES = [
  {
    "latency_ms": null,
    "name": "site",
    "routes": [
      "/",
      "/users-fast",
      "/users-slow",
      "/activity",
      "/live",
      "/sign-up",
      "/log-in",
      "/log-out",
      "/me",
      "/me/todos",
      "/me/todos/{id}/tick",
      "/me/todos/{id}/delete",
      "/jobs",
      "/jobs/state"
    ],
    "target": 0.999
  },
  {
    "latency_ms": 250.0,
    "name": "site-latency",
    "routes": [
      "/",
      "/users-fast",
      "/activity",
      "/live",
      "/me",
      "/jobs",
      "/jobs/state"
    ],
    "target": 0.99
  },
  {
    "latency_ms": null,
    "name": "quotes",
    "routes": [
      "/quote"
    ],
    "target": 0.7
  }
];
