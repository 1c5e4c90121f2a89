// Stands in for `k6/http`, whose calls return when they are answered: another thread makes the requests,
// and this one sleeps meanwhile.

import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads";

import { state } from "./state.mjs";

const { port1: port, port2 } = new MessageChannel();
const answered = new Int32Array(new SharedArrayBuffer(4));
const worker = new Worker(new URL("./worker.mjs", import.meta.url), {
  workerData: { port: port2, answered },
  transferList: [port2],
});
worker.unref();

export async function close() {
  port.close();
  await worker.terminate();
}

const PATIENCE_MS = 20_000;

/** Those that are asked for, whatever else k6 knows. */
const PARAMETERS = ["redirects", "responseCallback", "tags", "timeout"];

export const expectedStatuses = (...statuses) => (status) => statuses.includes(status);

function request(method, url, body, params = {}) {
  if (state.isLoading) throw new Error("no requests while the script is loaded");
  for (const name of Object.keys(params)) {
    if (!PARAMETERS.includes(name)) throw new Error(`the stand-in for k6 knows no ${name}`);
  }
  if (params.redirects !== 0) throw new Error("the stand-in for k6 does not follow redirects");
  for (const [tag, value] of Object.entries(params.tags ?? {})) {
    if (typeof value !== "string") throw new Error(`tag ${tag} is no text`);
  }
  const headers = {};
  if (state.cookies.size) headers.cookie = [...state.cookies].map((pair) => pair.join("=")).join("; ");
  if (body) headers["content-type"] = "application/x-www-form-urlencoded";
  const form = body ? new URLSearchParams(body).toString() : "";
  const began = performance.now();
  const answer = exchange({ method, url, headers, body: form });
  keepCookies(answer.cookies);
  count(method, params, answer.status, performance.now() - began);
  return { status: answer.status, body: answer.body };
}

function exchange(request) {
  Atomics.store(answered, 0, 0);
  port.postMessage(request);
  if (Atomics.wait(answered, 0, 0, PATIENCE_MS) === "timed-out") throw new Error(`${request.url}: no answer`);
  return receiveMessageOnPort(port).message;
}

function keepCookies(lines) {
  for (const line of lines) {
    const [pair, ...settings] = line.split(";");
    const [name, value] = pair.split("=");
    const isOver = settings.some((setting) => setting.trim().toLowerCase() === "max-age=0");
    isOver ? state.cookies.delete(name) : state.cookies.set(name, value);
  }
}

function count(method, { tags = {}, responseCallback }, status, duration) {
  const isExpected = responseCallback ?? ((status) => status >= 200 && status < 400);
  const all = { method, status: String(status), expected_response: String(isExpected(status)), ...tags };
  state.add("http_reqs", 1, all);
  state.add("http_req_duration", duration, all);
  state.add("http_req_failed", !isExpected(status), all);
  const what = `${method} ${tags.route} ${status}`;
  state.requests[what] = (state.requests[what] ?? 0) + 1;
}

export const get = (url, params) => request("GET", url, null, { redirects: 0, ...params });
export const post = (url, body, params) => request("POST", url, body, params);
export default { expectedStatuses, get, post };
