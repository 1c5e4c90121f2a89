// The plain kinds of cards: fields, figures, usage, notices, text.

import { el, replace, setAttribute, setText, svg } from "./dom.js";
import { formatNumber } from "./format.js";
import { keyed, putValue } from "./keyed.js";

const WORDS = { good: "Good", warn: "Warning", bad: "Problem" };
// A different shape for each, so that colour says nothing by itself.
const SHAPES = {
  good: ["M3 8.5l3.5 3.5L13 4.5", false],
  warn: ["M8 2L15 14H1zM8 6.5v3.5M8 12v.4", true],
  bad: ["M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5zM5.5 5.5l5 5M10.5 5.5l-5 5", true],
};

/** A small sign for a status, with its word for those who do not see it. */
export function sign(status, word = WORDS[status]) {
  const shape = SHAPES[status];
  if (!shape) return null;
  return el("span", { class: `sign ${status}`, title: word },
    svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: shape[0] })),
    el("span", { class: "unseen", text: `${word}: ` }));
}

/** `good`, `warn`, `bad`, or nothing: a class name is never made of what else
 * the server says. */
export function known(status) {
  return status in WORDS ? status : "";
}

let speaker;
/** Tells those who listen rather than look. */
export function announce(text) {
  speaker ??= document.body.appendChild(el("div", { class: "unseen", role: "status" }));
  setText(speaker, text);
}

const byLabel = (item) => item.label;
// One piece of a card, whose parts are `node.parts`.
const made = (node, parts) => Object.assign(node, { parts });

function hinted(node, hint) {
  setText(node, hint ?? "");
  node.hidden = !hint;
}

const fields = {
  create: () => el("dl", { class: "fields" }),
  whole(list, card) {
    keyed(list, card.fields ?? [], byLabel, () => {
      const parts = { label: el("dt"), value: el("span"), hint: el("small") };
      return made(el("div", null, parts.label, el("dd", null, parts.value, parts.hint)), parts);
    }, ({ parts }, field) => {
      setText(parts.label, field.label);
      putValue(parts.value, field.value);
      hinted(parts.hint, field.hint);
    });
  },
};

const figures = {
  create: () => el("dl", { class: "figures" }),
  whole(list, card) {
    keyed(list, card.figures ?? [], byLabel, () => {
      const parts = {
        label: el("dt"), value: el("span"), hint: el("small"), sign: el("span"),
      };
      return made(el("div", null, parts.label,
        el("dd", null, parts.sign, parts.value, parts.hint)), parts);
    }, (node, figure) => {
      const { parts } = node;
      node.className = `figure ${known(figure.status)}`;
      if (parts.href !== figure.href || !parts.label.firstChild) {
        parts.href = figure.href;
        replace(parts.label,
          figure.href ? el("a", { href: figure.href, text: figure.label }) : figure.label);
      }
      if (parts.status !== figure.status) {
        parts.status = figure.status;
        replace(parts.sign, sign(figure.status));
      }
      putValue(parts.value, figure.value);
      hinted(parts.hint, figure.hint);
    });
  },
};

const usage = {
  create: () => el("ul", { class: "usages" }),
  whole(list, card) {
    keyed(list, card.usages ?? [], byLabel, () => {
      const parts = {
        sign: el("span"), label: el("span", { class: "label" }),
        numbers: el("span", { class: "numbers" }), fill: el("span"), hint: el("small"),
      };
      parts.bar = el("span", { class: "bar", "aria-hidden": "true" }, parts.fill);
      return made(el("li", null, el("span", null, parts.sign, parts.label), parts.numbers,
        parts.bar, parts.hint), parts);
    }, (node, item) => {
      const { parts } = node;
      node.className = known(item.status);
      if (parts.status !== item.status) {
        parts.status = item.status;
        replace(parts.sign, sign(item.status));
      }
      setText(parts.label, item.label);
      setText(parts.numbers, usageText(item));
      const share = item.limit > 0 && Number.isFinite(item.value)
        ? Math.min(1, Math.max(0, item.value / item.limit)) : null;
      parts.bar.hidden = share === null;
      parts.fill.style.width = `${(share ?? 0) * 100}%`;
      hinted(parts.hint, item.hint);
    });
  },
};

function usageText({ value, limit, unit }) {
  if (value === null || value === undefined) return "–";
  const is = formatNumber(value, unit);
  // A share of one says all there is to say.
  if (!(limit > 0) || (unit === "ratio" && limit === 1)) return is;
  return `${is} of ${formatNumber(limit, unit)} (${formatNumber(value / limit, "ratio")})`;
}

const notices = {
  create: () => el("div", { class: "notices" },
    el("ul"), el("p", { class: "good" }, sign("good"), el("span"))),
  whole(box, card) {
    const [list, good] = box.children;
    const rank = { bad: 0, warn: 1, good: 3 };
    const items = [...(card.notices ?? [])]
      .sort((a, b) => (rank[a.status] ?? 2) - (rank[b.status] ?? 2));
    keyed(list, items, (item) => `${item.status} ${item.href ?? ""} ${item.text}`, (item) =>
      el("li", { class: known(item.status) }, sign(item.status),
        item.href ? el("a", { href: item.href, text: item.text }) : el("span", { text: item.text })));
    list.hidden = items.length === 0;
    good.hidden = items.length > 0;
    setText(good.lastChild, card.good ?? "Nothing to report");
    tell(box, items);
  },
};

// Says aloud which problems are new; numbers in a sentence may change without
// making it another problem.
function tell(box, items) {
  const shape = (text) => text.replace(/[\d.,]+/g, "0");
  const bad = items.filter((item) => item.status !== "good");
  const fresh = bad.filter((item) => box.told && !box.told.has(shape(item.text)));
  box.told = new Set(bad.map((item) => shape(item.text)));
  if (fresh.length > 0) announce(fresh.map((item) => item.text).join(". "));
}

const text = {
  create: () => el("div", { class: "prose" }),
  whole(box, card) {
    if (box.written === card.text) return;
    box.written = card.text;
    replace(box, (card.text ?? "").split(/\n\s*\n/).map((paragraph) =>
      el("p", null, paragraph.split("`").map((piece, index, all) =>
        // Without its partner, a backtick is a backtick.
        index % 2 === 0 ? piece
          : index === all.length - 1 ? `\`${piece}` : el("code", { text: piece })))));
  },
};

export const kinds = { fields, figures, usage, notices, text };
