// The sections of a page and their cards, as the server tells of them: whole,
// or what changed. Each kind of card has a renderer, `kinds[kind]`:
//
//   create(card, context) -> element        makes it, with nothing in it yet
//   whole(element, card, context)           writes all of it, at any time again
//   delta(element, card, delta, context)    the card as it is now, and what
//                                           changed; without it, `whole`
//   own: true                               writes title and hint by itself
//
// `context` is the page's, with `section` (its id) and `title` (the section's). A section goes into the
// element `[data-place="<its id>"]` if the page has one, else into the root.

import { coded, el, replace, setAttribute, setText } from "./dom.js";
import { patchCards } from "./delta.js";
import { arrange, keyed } from "./keyed.js";

export class Sections {
  #root;
  #kinds;
  #context;
  #sections = new Map(); // id -> { node, cards: Map of JSON, context }
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

  /** Whether there is a card of this kind anywhere. */
  has(kind) {
    return [...this.#sections.values()].some((section) =>
      [...section.cards.values()].some((card) => card.kind === kind));
  }

  #whole({ id, title, cards }) {
    let section = this.#sections.get(id);
    if (!section) {
      const heading = el("h2", { id: `title-${id}` });
      const body = el("div", { class: "cards" });
      section = {
        node: el("section", { class: "section", "data-section": id }, heading, body),
        heading, body, context: { ...this.#context, section: id },
      };
      this.#sections.set(id, section);
    }
    setText(section.heading, title ?? "");
    section.context.title = title ?? "";
    section.heading.hidden = !title;
    setAttribute(section.node, "aria-labelledby", title ? section.heading.id : null);
    section.level = title ? "h3" : "h2";
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
    const cards = [...section.cards.values()];
    section.node.classList.toggle("empty", cards.length === 0);
    keyed(section.body, cards, (card) => `${card.kind} ${card.id}`,
      (card) => this.#frame(section, card),
      (frame, card) => {
        const isNew = !frame.shown;
        frame.shown = true;
        if (!isNew && changes && !changes.has(card.id)) return;
        const delta = isNew ? undefined : changes?.get(card.id);
        this.#head(frame, card);
        this.#draw(frame, (renderer) => {
          if (delta && renderer.delta) {
            renderer.delta(frame.element, card, delta, section.context);
          } else renderer.whole(frame.element, card, section.context);
        });
      });
  }

  #frame(section, card) {
    const frame = el("article", { "data-card": card.id });
    frame.kind = card.kind;
    frame.own = this.#kinds[card.kind]?.own;
    frame.heading = el(section.level, { class: "title" });
    frame.hint = el("p", { class: "hint" });
    if (!frame.own) frame.append(frame.heading, frame.hint);
    this.#draw(frame, (renderer) => {
      frame.element = renderer.create(card, section.context);
      frame.append(frame.element);
    });
    return frame;
  }

  #head(frame, card) {
    frame.className = `card ${card.kind}-card${card.wide ? " wide" : ""}`;
    const title = card.title ?? "";
    setAttribute(frame, "aria-label", frame.own ? null : title || null);
    if (frame.own) return;
    const written = JSON.stringify([title, card.href, card.hint, card.hint_link]);
    if (frame.written !== written) {
      frame.written = written;
      replace(frame.heading, card.href ? el("a", { href: card.href, text: title }) : title);
      const { href, text } = card.hint_link ?? {};
      replace(frame.hint, coded(card.hint ?? ""), href && [" ", el("a", { href, text })]);
    }
    frame.hint.hidden = !card.hint;
    frame.heading.hidden = !title;
  }

  // One card that cannot be drawn is no reason to show none.
  #draw(frame, draw) {
    const renderer = this.#kinds[frame.kind];
    try {
      if (!renderer) throw new Error(`no such kind of card: ${frame.kind}`);
      draw(renderer);
    } catch (error) {
      console.error(error);
      frame.broken ??= frame.appendChild(el("p", { class: "problem" }));
      setText(frame.broken, `This card cannot be shown: ${error.message}`);
      return;
    }
    frame.broken?.remove();
    frame.broken = undefined;
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
