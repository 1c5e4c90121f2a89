// What visitors do. Each function is one visit, and one scenario of each shape.

import { fail } from "k6";
import { scenario, vu } from "k6/execution";
import http from "k6/http";
import { Rate, Trend } from "k6/metrics";

import { BASE_URL } from "./env.js";
import { get, post, think } from "./http.js";

/** Whether visitors could do what they came for. */
const completed = new Rate("visit_completed");

/** How long they were there, time to read included. */
const duration = new Trend("visit_duration", true);

/**
 * Before anything begins: is this the demo?
 */
export function setup() {
  const response = http.get(`${BASE_URL}/health`, { tags: { name: "GET /health", route: "/health" } });
  if (response.status !== 200) {
    fail(`no demo answers at ${BASE_URL}: start one, or set BASE_URL`);
  }
}

/**
 * @param {() => boolean} steps whether all of them went well
 */
function visit(steps) {
  const began = Date.now();
  completed.add(steps());
  duration.add(Date.now() - began);
}

/** Somebody looks around. */
export function browse() {
  visit(() => {
    if (!get("/").good || !get("/style.css").good) return false;
    think(1, 3);
    if (!get("/users-fast", { says: "<table>" }).good) return false;
    think(1, 3);
    const next = ["/activity", "/live", "/users-slow", "/"][scenario.iterationInTest % 4];
    return get(next).good;
  });
}

/**
 * Each virtual user has an account of its own, so none is in the way of another, and the database
 * has no more accounts than there are virtual users.
 *
 * @type {{ name: string, password: string } | null}
 */
let account = null;

/** Somebody with an account has something to do. */
export function member() {
  visit(() => {
    if (!(account ? logIn(account) : signUp())) {
      // It may be gone: a demo that was started again has forgotten it.
      account = null;
      return false;
    }
    think(1, 2);
    const title = `Look at the charts (${scenario.iterationInTest})`;
    if (!post("/me/todos", get("/me").page, { title })) return false;
    const { good, page } = get("/me", { says: title });
    if (!good) return false;
    think(1, 2);
    return change(page, "tick") && change(get("/me").page, "delete") && logOut();
  });
}

/** Signs up by the form, which logs in as well. */
function signUp() {
  const [name, password] = [`k6 ${vu.idInTest} ${random()}`, random() + random()];
  const { good, page } = get("/sign-up");
  if (!good) return false;
  think(2, 4);
  if (!post("/sign-up", page, { name, password })) return false;
  account = { name, password };
  return true;
}

/**
 * Logs in by the form; every fourth mistypes the password first.
 *
 * @param {{ name: string, password: string }} account
 */
function logIn({ name, password }) {
  let { good, page } = get("/log-in");
  if (!good) return false;
  think(1, 3);
  if (scenario.iterationInTest % 4 === 0) {
    if (!post("/log-in", page, { name, password: "not this one" }, { status: 401 })) return false;
    ({ page } = get("/log-in"));
  }
  return post("/log-in", page, { name, password });
}

/**
 * Ticks or deletes an item of the page.
 *
 * @param {string} page
 * @param {"tick" | "delete"} what
 */
function change(page, what) {
  const [, id = "0"] = new RegExp(`action="/me/todos/(\\d+)/${what}"`).exec(page) ?? [];
  return post(`/me/todos/{id}/${what}`, page, {}, { path: `/me/todos/${id}/${what}` });
}

function logOut() {
  return post("/log-out", get("/me").page, {});
}

/** Somebody leaves work to the queue, and looks what becomes of it. */
export function work() {
  visit(() => {
    const { good, page } = get("/jobs");
    if (!good) return false;
    think(1, 3);
    const kind = scenario.iterationInTest % 5 === 4 ? "send_report" : "resize_image";
    if (!post("/jobs", page, { kind, jobs: String(1 + scenario.iterationInTest % 3) })) return false;
    if (!get("/jobs").good) return false;
    think(1, 2);
    return get("/jobs/state", { says: "jobs-figures" }).good;
  });
}

/** Somebody asks for a quote. The other service fails now and then; the page has to say so. */
export function quote() {
  visit(() => get("/quote", { status: [200, 502, 503, 504] }).good);
}

/** Somebody goes where it hurts on purpose. */
export function broken() {
  visit(() => {
    const deliberate = true;
    if (!get("/fail", { deliberate, status: [500] }).good) return false;
    think(1, 1);
    return get("unmatched", { deliberate, path: "/nothing-here", status: [404] }).good;
  });
}

function random() {
  return Math.floor(Math.random() * 0x100000000).toString(16).padStart(8, "0");
}
