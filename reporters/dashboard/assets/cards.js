// The plain kinds of cards: fields, figures, usage, notices, text.

import { coded, el, linked, rewrite, setAttribute, setText, svg } from "./dom.js";
import { formatNumber } from "./format.js";
import { keyed, putValue } from "./keyed.js";

const WORDS = { __proto__: null, good: "Good", warn: "Warning", bad: "Problem" };
// A different shape for each, so that colour says nothing by itself.
const SHAPES = {
  good: "M3 8.5l3.5 3.5L13 4.5",
  warn: "M8 2L15 14H1zM8 6.5v3.5M8 12v.4",
  bad: "M5 1.5h6L14.5 5v6L11 14.5H5L1.5 11V5zM5.5 5.5l5 5M10.5 5.5l-5 5",
};

/** `good`, `warn`, `bad`, or nothing, whatever else the server says. */
export const known = (status) => (status in WORDS ? status : "");

/** A small sign for a status, with its word for those who do not see it. */
export function sign(status, word = WORDS[status]) {
  return known(status) && el("span", { class: `sign ${status}`, title: word },
    svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: SHAPES[status] })),
    el("span", { class: "unseen", text: `${word}: ` }));
}

let speaker;
/** Tells those who listen rather than look. */
export function announce(text) {
  speaker ??= document.body.appendChild(el("div", { class: "unseen", role: "status" }));
  setText(speaker, text);
}

const byPlace = (_, index) => index;
const putSign = (node, status) => rewrite(node, known(status), () => sign(status));

/** Writes a sentence, for which nothing is no reason to take up room. */
export function putText(node, text) {
  node.hidden = !text;
  rewrite(node, text, () => coded(text ?? ""));
}

// Fields and figures: a label, a value, and perhaps a sign, a link, a hint.
const described = (items, name) => ({
  create: () => el("dl", { class: items }),
  whole(list, card) {
    keyed(list, card[items] ?? [], byPlace,
      () => el("div", null, el("dt"), el("dd", null, el("span"), el("span", { class: "value" }), el("small"))),
      (node, { label, value, status, href, hint }) => {
        const [head, { children: [mark, number, small] }] = node.children;
        node.className = `${name} ${known(status)}`;
        rewrite(head, [label, href], () => linked(href, label));
        putSign(mark, status);
        putValue(number, value);
        putText(small, hint);
      });
  },
});

const usage = {
  create: () => el("ul", { class: "usages" }),
  whole(list, card) {
    keyed(list, card.usages ?? [], byPlace,
      () => el("li", null, el("span", null, el("span"), el("span")), el("span"),
        el("span", { class: "bar", "aria-hidden": "true" }, el("span")), el("small")),
      (node, item) => {
        const [{ children: [mark, label] }, numbers, bar, small] = node.children;
        node.className = known(item.status);
        // A bar that is not full is sign enough.
        putSign(mark, item.status === "good" ? "" : item.status);
        setText(label, item.label);
        setText(numbers, usageText(item));
        bar.hidden = !(item.limit > 0) || typeof item.value !== "number";
        bar.firstChild.style.width = `${Math.min(1, Math.max(0, item.value / item.limit || 0)) * 100}%`;
        putText(small, item.hint);
      });
  },
};

function usageText({ value, limit, unit }) {
  if (!(limit > 0) || typeof value !== "number") return formatNumber(value, unit);
  const share = formatNumber(value / limit, "ratio");
  // A share of one says all there is to say; a unit that is a word need not be said twice.
  if (unit === "ratio") return limit === 1 ? share : `${formatNumber(value, unit)} of ${formatNumber(limit, unit)}`;
  const once = /second|byte/.test(unit) ? unit : "";
  return `${formatNumber(value, once)} of ${formatNumber(limit, unit)}, ${share}`;
}

const RANKS = ["bad", "warn", "", "good"];
const rank = ({ status }) => RANKS.indexOf(known(status));
// Other numbers in a sentence do not make it another problem.
const shape = ({ text }) => text.replace(/[\d.,]+/g, "0");

const notices = {
  create: () => el("div", { class: "notices" }, el("ul"), el("p", null, sign("good"), el("span"))),
  whole(box, card) {
    const [list, good] = box.children;
    const items = [...(card.notices ?? [])].sort((a, b) => rank(a) - rank(b));
    const shapes = items.map(shape);
    const alike = (_, at) => `${shapes.slice(0, at).filter((other) => other === shapes[at]).length} ${shapes[at]}`;
    keyed(list, items, alike, () => el("li", null, el("span"), el("a")), (node, { status, href, text }) => {
      node.className = known(status);
      putSign(node.firstChild, status);
      setAttribute(node.lastChild, "href", href);
      putText(node.lastChild, text);
    });
    list.hidden = items.length === 0;
    good.hidden = items.length > 0;
    setText(good.lastChild, card.good ?? "Nothing to report");
    // To those who listen rather than look: which problems are new.
    const bad = items.filter(({ status }) => status !== "good");
    const fresh = bad.filter((item) => box.told && !box.told.has(shape(item)));
    box.told = new Set(bad.map(shape));
    if (fresh.length > 0) announce(fresh.map(({ text }) => text).join(" "));
  },
};

const text = {
  create: () => el("div", { class: "prose" }),
  whole(box, card) {
    rewrite(box, card.text, () => (card.text ?? "").split(/\n\s*\n/).map((part) => el("p", null, coded(part))));
  },
};

export const kinds = {
  fields: described("fields", "field"), figures: described("figures", "figure"), usage, notices, text,
};
