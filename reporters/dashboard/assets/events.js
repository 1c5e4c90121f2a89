// What is above the sections of the events page: which events to watch.

import { el, replace } from "./dom.js";

/** The form for the tail's pattern. */
export function controls(context) {
  const names = el("datalist", { id: "event-names" });
  const field = el("input", {
    type: "text", id: "tail-pattern", list: names.id, autocomplete: "off", autocapitalize: "none",
    spellcheck: "false", maxlength: "200", placeholder: "http.request.*", "aria-describedby": "tail-help",
  });
  const stop = el("button", { type: "button", text: "Stop", onclick: () => watch(null) });
  const watch = (wanted) => {
    context.setQuery({ tail: wanted || null }, { push: true });
    back();
  };
  const back = () => {
    field.value = context.query.get("tail") ?? "";
    stop.hidden = !field.value;
  };
  back();
  const node = el("form", {
    class: "ask", role: "search", "aria-label": "Live tail", onsubmit: (event) => {
      event.preventDefault();
      watch(field.value.trim());
    },
  }, el("label", { for: field.id, text: "Watch events" }),
  el("span", { class: "together" }, field, el("button", { text: "Watch", class: "main" }), stop),
  el("p", { class: "hint", id: "tail-help", text: "A name, or a pattern such as http.* or *. "
    + "Nothing is attached until you ask, and no longer than you watch." }), names);
  // The catalogue's names, to choose from.
  const update = (sections) => {
    const { rows } = sections.card("catalogue", "catalogue") ?? {};
    if (!rows || rows.length === names.rows) return;
    names.rows = rows.length;
    const tails = new Set(rows.map(({ href }) => href?.split("tail=")[1]).filter(Boolean));
    replace(names, [...tails].slice(0, 1000).map((value) => el("option", { value })));
  };
  return { node, update, back };
}
