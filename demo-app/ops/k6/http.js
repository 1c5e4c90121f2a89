// Requests as visitors make them, each with the tags by which it is found again.
//
// `name` and `route` are those of the route and not of the address: one series for `/me/todos/{id}/tick`,
// not one for each item. An objective finds its requests by a tag of its own, because a threshold can
// ask for several tags at once, but not for one of several values.

import { check, sleep } from "k6";
import http from "k6/http";

import { BASE_URL, THINK } from "./env.js";
import { OBJECTIVES } from "./objectives.js";

/** How long a page may take before it is given up. */
const PATIENCE = "15s";

/**
 * The tag of the requests that an objective is about.
 *
 * @param {import("./objectives.js").Objective} objective
 */
export function tagOf(objective) {
  return `slo_${objective.name.replace(/[^a-zA-Z0-9_]/g, "_")}`;
}

/**
 * @param {string} method
 * @param {string} route
 * @param {boolean} deliberate whether it is broken on purpose
 */
function tagsOf(method, route, deliberate) {
  /** @type {{ [name: string]: string }} */
  const tags = { name: `${method} ${route}`, route };
  if (deliberate) {
    tags.deliberate = "yes";
    return tags;
  }
  for (const objective of OBJECTIVES) {
    if (objective.routes.includes(route)) tags[tagOf(objective)] = "yes";
  }
  return tags;
}

/**
 * Opens a page, and says whether it is there.
 *
 * @param {string} route also the path, unless `more` has one
 * @param {{ path?: string, says?: string, status?: number[], deliberate?: boolean }} [more]
 *   `says`: what the page has to say; `status`: the only ones that are good
 */
export function get(route, more = {}) {
  const { path = route, says = "", status = [200], deliberate = false } = more;
  const tags = tagsOf("GET", route, deliberate);
  const response = http.get(BASE_URL + path, {
    tags,
    timeout: PATIENCE,
    redirects: 0,
    // Those that fail on purpose are no failures; of all others, what is no 2xx or 3xx is one.
    ...(deliberate && { responseCallback: http.expectedStatuses(...status) }),
  });
  const page = String(response.body ?? "");
  const good = check(response, { [tags.name]: () => status.includes(response.status) && page.includes(says) });
  return { good, page };
}

/**
 * Sends a form of a page, and says whether it was taken: by a redirect, unless told otherwise. A page
 * without that form has not been taken, either.
 *
 * @param {string} route
 * @param {string} page the page with the form
 * @param {{ [name: string]: string }} fields what is filled in
 * @param {{ path?: string, status?: number }} [more] `status`: the only one that is good
 */
export function post(route, page, fields, more = {}) {
  const { path = route, status = 303 } = more;
  const tags = tagsOf("POST", route, false);
  const hidden = hiddenFields(page, path);
  if (!hidden) return check(null, { [tags.name]: () => false });
  const response = http.post(BASE_URL + path, { ...hidden, ...fields }, {
    tags,
    timeout: PATIENCE,
    redirects: 0,
    ...(status >= 400 && { responseCallback: http.expectedStatuses(status) }),
  });
  return check(response, { [tags.name]: () => response.status === status });
}

/**
 * The hidden fields of the form that is sent there, among them the secret without which the demo
 * refuses a form. `null` if the page has no such form. The pages are ours: values stand in quotation
 * marks, and those within are escaped. (k6 can parse HTML, too; that costs the machine that makes the
 * load more than all the rest.)
 *
 * @param {string} page
 * @param {string} action
 */
export function hiddenFields(page, action) {
  for (const rest of page.split("<form ").slice(1)) {
    const form = rest.split("</form>")[0];
    if (!form.split(">")[0].includes(`action="${action}"`)) continue;
    /** @type {{ [name: string]: string }} */
    const fields = {};
    for (const input of form.split("<input ").slice(1)) {
      const head = input.split(">")[0];
      const [, name = ""] = /(?:^|\s)name="([^"]*)"/.exec(head) ?? [];
      const [, value = ""] = /(?:^|\s)value="([^"]*)"/.exec(head) ?? [];
      if (head.includes('type="hidden"')) fields[unescape(name)] = unescape(value);
    }
    return fields;
  }
  return null;
}

/** @param {string} text */
function unescape(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");
}

/**
 * Reads for a while, in seconds.
 *
 * @param {number} least
 * @param {number} most
 */
export function think(least, most) {
  if (THINK > 0) sleep(THINK * (least + Math.random() * (most - least)));
}
