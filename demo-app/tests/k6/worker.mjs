// Makes the requests of the thread that sleeps.

import http from "node:http";
import { workerData } from "node:worker_threads";

const { port, answered } = workerData;
const agent = new http.Agent({ keepAlive: true });

function answer(message) {
  port.postMessage(message);
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
}

port.on("message", ({ method, url, headers, body }) => {
  // As with k6, status 0 is none.
  const failed = () => answer({ status: 0, body: null, cookies: [] });
  const request = http.request(url, { method, headers, agent }, (response) => {
    const chunks = [];
    response.on("data", (chunk) => chunks.push(chunk));
    response.on("error", failed);
    response.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      answer({ status: response.statusCode, body, cookies: response.headers["set-cookie"] ?? [] });
    });
  });
  request.on("error", failed);
  request.end(body);
});
