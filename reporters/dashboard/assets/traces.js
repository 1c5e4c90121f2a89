// What is above the sections of the traces page: which traces to list.

import { el, find } from "./dom.js";

const LISTS = { recent: "Recent", slow: "Slowest", failed: "Failed" };

/** What a search asks for: a trace by its id (also with dashes, or as a whole
 * `traceparent`), or traces by a route. */
export function asked(text) {
  const wanted = text.trim();
  const isId = /^([0-9a-f]{2}-)?([0-9a-f]-?){32}(-[0-9a-f]{16}-[0-9a-f]{2})?$/i.test(wanted);
  return isId ? { id: wanted.toLowerCase(), route: null } : { id: null, route: wanted || null };
}

/** Lists, and a search by route or id. They lead to other pages. */
export function controls({ query }) {
  const address = (changes) => {
    const there = new URLSearchParams(query);
    for (const [name, value] of Object.entries({ id: null, before: null, ...changes })) {
      if (value) there.set(name, value);
      else there.delete(name);
    }
    return `traces?${there}`;
  };
  const one = query.get("id");
  const links = Object.entries(LISTS).map(([list, text]) => el("li", null, el("a", {
    text, href: address({ list }), "aria-current": !one && (query.get("list") ?? "recent") === list && "page",
  })));
  const field = find("Find traces by route or id", { placeholder: "Route or trace id" });
  field.value = one ?? query.get("route") ?? "";
  const onsubmit = (event) => {
    event.preventDefault();
    location.assign(address(asked(field.value)));
  };
  return { node: el("div", { class: "ask traces-ask" },
    el("nav", { class: "tabs", "aria-label": "Lists of traces" }, el("ul", null, links)),
    el("form", { role: "search", class: "together", onsubmit }, field, el("button", { text: "Find" }))) };
}
