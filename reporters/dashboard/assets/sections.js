// The sections of a page and their cards, as the server tells of them: whole,
// or what changed. Each kind of card has a renderer, `kinds[kind]`:
//
//   create(card, context) -> element        makes it, with nothing in it yet
//   whole(element, card, context)           writes all of it, at any time again
//   delta(element, card, delta, context)    the card as it is now, and what
//                                           changed; without it, `whole`
//   own: true                               writes title and hint by itself
//
// `context` is the page's, with `section` (its id) and `title` (the section's).
// A section goes into the element `[data-place="<its id>"]` if the page has
// one, else into the root.

import { putText } from "./cards.js";
import { patchCards } from "./delta.js";
import { coded, el, linked, rewrite, setAttribute } from "./dom.js";
import { arrange, keyed } from "./keyed.js";

export class Sections {
  #root;
  #kinds;
  #context;
  // Id -> { node, cards: Map of JSON, context }
  #sections = new Map();
  #ids = [];

  constructor(root, kinds, context) {
    this.#root = root;
    this.#kinds = kinds;
    this.#context = context;
  }

  /** Which sections there are from now on; others go. */
  view(ids) {
    this.#ids = ids;
    for (const [id, section] of this.#sections) {
      if (ids.includes(id)) continue;
      section.node.remove();
      this.#sections.delete(id);
    }
  }

  /** Whole sections and deltas. False if one does not fit what is here: then
   * only whole ones help. */
  apply(changes) {
    let fits = true;
    for (const change of changes) {
      if (!change.delta) this.#whole(change);
      else if (!this.#delta(change)) fits = false;
    }
    this.#place();
    return fits;
  }

  /** The JSON of a section's card. */
  card(section, card) {
    return this.#sections.get(section)?.cards.get(card);
  }

  #whole({ id, title = "", cards }) {
    if (!this.#sections.has(id)) {
      const heading = el("h2", { id: `title-${id}` });
      const body = el("div", { class: "cards" });
      const node = el("section", { class: "section", "data-section": id }, heading, body);
      this.#sections.set(id, { node, heading, body, context: { ...this.#context, section: id } });
    }
    const section = this.#sections.get(id);
    section.context.title = title;
    putText(section.heading, title);
    setAttribute(section.node, "aria-labelledby", title !== "" && section.heading.id);
    section.cards = new Map(cards.map((card) => [card.id, card]));
    this.#show(section, null);
  }

  #delta({ id, delta }) {
    const section = this.#sections.get(id);
    const patched = section && patchCards(section.cards, delta);
    if (!patched) return false;
    section.cards = patched.cards;
    this.#show(section, patched.changes);
    return true;
  }

  // `changes`: null if all of it is new, else deltas by card.
  #show(section, changes) {
    const { node, body, context } = section;
    const cards = [...section.cards.values()];
    node.classList.toggle("empty", cards.length === 0);
    keyed(body, cards, ({ kind, id }) => `${kind} ${id}`, (card) => this.#frame(card, context), (frame, card) => {
      if (frame.element && changes && !changes.has(card.id)) return;
      const { title = "", href, hint = "", hint_link: more } = card;
      frame.className = `card ${card.kind}-card${card.wide ? " wide" : ""}`;
      if (frame.heading) {
        frame.heading.hidden = !title;
        rewrite(frame.heading, [title, href], () => linked(href, title));
        frame.hint.hidden = !hint && !more;
        rewrite(frame.hint, [hint, more], () => [coded(hint), more && [" ", linked(more.href, more.text)]]);
      }
      // One card that cannot be drawn is no reason to show none.
      try {
        const delta = frame.element && changes?.get(card.id);
        const renderer = this.#kinds[card.kind];
        frame.element ??= frame.appendChild(renderer.create(card, context));
        if (delta && renderer.delta) renderer.delta(frame.element, card, delta, context);
        else renderer.whole(frame.element, card, context);
        putText(frame.problem, "");
      } catch (error) {
        console.error(error);
        putText(frame.problem, `This card cannot be shown: ${error.message}`);
      }
    });
  }

  #frame({ kind, id }, { title }) {
    const frame = el("article", { "data-card": id });
    frame.problem = el("p", { class: "problem" });
    if (!this.#kinds[kind]?.own) {
      frame.heading = el(title ? "h3" : "h2", { class: "title" });
      frame.hint = el("p", { class: "hint" });
      frame.append(frame.heading, frame.hint);
    }
    frame.append(frame.problem);
    return frame;
  }

  #place() {
    const here = [];
    for (const id of this.#ids) {
      const section = this.#sections.get(id);
      if (!section) continue;
      const place = this.#root.querySelector(`[data-place="${CSS.escape(id)}"]`);
      if (!place) {
        here.push(section.node);
        // At once: there may be places in it for those that follow.
        if (!section.node.parentNode) this.#root.append(section.node);
      } else if (section.node.parentNode !== place) place.append(section.node);
    }
    arrange(this.#root, here);
  }
}
