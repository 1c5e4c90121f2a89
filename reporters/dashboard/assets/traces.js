// What is above the sections of the traces page: which traces to list.

import { el, find, setAttribute } from "./dom.js";

const LISTS = { recent: "Recent", slow: "Slowest", failed: "Failed" };

/** What a search asks for: a trace by its id, or traces by a route. */
export function asked(text) {
  const wanted = text.trim();
  const isId = /^[0-9a-f]{32}$/i.test(wanted);
  return { id: isId ? wanted.toLowerCase() : null, route: isId ? null : wanted || null, before: null };
}

/** Lists, and a search by route or id. */
export function controls({ query, setQuery }) {
  const turn = (event, changes) => {
    event.preventDefault();
    setQuery(changes, { push: true });
    back();
  };
  const links = Object.entries(LISTS).map(([list, text]) => el("a", { text, "data-list": list, onclick(event) {
    if (!event.metaKey && !event.ctrlKey && !event.shiftKey) turn(event, { list, id: null, before: null });
  } }));
  const field = find("Find traces by route or id", { placeholder: "Route or trace id" });
  const form = el("form", { role: "search", class: "together", onsubmit: (event) => turn(event, asked(field.value)) },
    field, el("button", { text: "Find" }));
  const back = () => {
    const one = query.get("id");
    field.value = one ?? query.get("route") ?? "";
    for (const link of links) {
      const { list } = link.dataset;
      const there = new URLSearchParams(query);
      there.delete("id");
      there.delete("before");
      there.set("list", list);
      setAttribute(link, "href", `traces?${there}`);
      setAttribute(link, "aria-current", !one && (query.get("list") ?? "recent") === list && "page");
    }
  };
  back();
  return { node: el("div", { class: "ask traces-ask" },
    el("nav", { class: "tabs", "aria-label": "Lists of traces" },
      el("ul", null, links.map((link) => el("li", null, link)))), form), back };
}
