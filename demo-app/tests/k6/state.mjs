// What a run knows, and what it has seen.

/** Those of k6 that thresholds may ask for without making them. */
const BUILT_IN = {
  checks: "rate",
  dropped_iterations: "counter",
  http_req_duration: "trend",
  http_req_failed: "rate",
  http_reqs: "counter",
  iterations: "counter",
};

class State {
  isLoading = true;
  /** The kind of each metric by its name. */
  kinds = new Map(Object.entries(BUILT_IN));
  /** Of each metric what was added: `{ value, tags }`. */
  samples = new Map();
  /** How often each check was made, and how often it was not met. */
  checks = {};
  /** How often each request was made: `GET / 200`, with the route. */
  requests = {};
  scenario = "";
  iteration = 0;
  vu = 0;
  cookies = new Map();

  /** A visit begins. As with k6, a visitor comes back without cookies. */
  begin(scenario, iteration) {
    if (scenario !== this.scenario) this.vu += 1;
    Object.assign(this, { scenario, iteration, cookies: new Map() });
    this.add("iterations", 1);
  }

  add(metric, value, tags = {}) {
    if (!this.samples.has(metric)) this.samples.set(metric, []);
    this.samples.get(metric).push({ value: Number(value), tags: { scenario: this.scenario, ...tags } });
  }
}

export const state = new State();
