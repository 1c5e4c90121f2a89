// What is above the sections of the events page: which events to watch.

import { button, el, find, rewrite } from "./dom.js";

/** The form for the tail's pattern. */
export function controls({ query, setQuery }) {
  const names = el("datalist", { id: "event-names" });
  const field = find(null, {
    type: "text", id: "tail-pattern", list: names.id, placeholder: "http.request.*", "aria-describedby": "tail-help",
  });
  const watch = (wanted) => {
    setQuery({ tail: wanted || null }, { push: true });
    back();
  };
  const stop = button("Stop", () => watch(null));
  const back = () => {
    field.value = query.get("tail") ?? "";
    stop.hidden = !field.value;
  };
  back();
  const onsubmit = (event) => {
    event.preventDefault();
    watch(field.value.trim());
  };
  const node = el("form", { class: "ask", role: "search", "aria-label": "Live tail", onsubmit },
    el("label", { for: field.id, text: "Watch events" }),
    el("span", { class: "together" }, field, el("button", { text: "Watch", class: "main" }), stop),
    el("p", { class: "hint", id: "tail-help", text: "A name, or a pattern such as http.* or *. "
      + "Nothing is attached until you ask, and no longer than you watch." }), names);
  // To choose from: what the catalogue knows that can be watched.
  const update = (sections) => {
    const { rows = [] } = sections.card("catalogue", "catalogue") ?? {};
    rewrite(names, rows.length, () => rows.filter(({ key, href }) => href && !key.startsWith("*"))
      .slice(0, 1000).map(({ key }) => el("option", { value: key })));
  };
  return { node, update, back };
}
