// The plain kinds of cards: fields, figures, usage, notices, text.

import { coded, el, replace, setText, svg } from "./dom.js";
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
export function known(status) {
  return status in WORDS ? status : "";
}

/** A small sign for a status, with its word for those who do not see it. */
export function sign(status, word = WORDS[status]) {
  if (!known(status)) return null;
  return el("span", { class: `sign ${status}`, title: word },
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

function putSign(node, status) {
  if (node.status === status) return;
  node.status = status;
  replace(node, sign(status));
}

function putHint(node, hint) {
  setText(node, hint ?? "");
  node.hidden = !hint;
}

// Fields and figures: a label, a value, and perhaps a sign, a link, a hint.
function described(items, name) {
  return {
    create: () => el("dl", { class: items }),
    whole(list, card) {
      keyed(list, card[items] ?? [], byPlace,
        () => el("div", null, el("dt"), el("dd", null, el("span"), el("span"), el("small"))),
        (node, { label, value, status, href, hint }) => {
          const [head, body] = node.children;
          node.className = `${name} ${known(status)}`;
          if (node.label !== label || node.href !== href) {
            Object.assign(node, { label, href });
            replace(head, href ? el("a", { href, text: label }) : label);
          }
          putSign(body.children[0], status);
          putValue(body.children[1], value);
          putHint(body.children[2], hint);
        });
    },
  };
}

const usage = {
  create: () => el("ul", { class: "usages" }),
  whole(list, card) {
    keyed(list, card.usages ?? [], byPlace,
      () => el("li", null, el("span", null, el("span"), el("span")), el("span"),
        el("span", { class: "bar", "aria-hidden": "true" }, el("span")), el("small")),
      (node, item) => {
        const [label, numbers, bar, hint] = node.children;
        node.className = known(item.status);
        // A bar that is not full is sign enough.
        putSign(label.firstChild, item.status === "good" ? null : item.status);
        setText(label.lastChild, item.label);
        setText(numbers, usageText(item));
        bar.hidden = !(item.limit > 0) || typeof item.value !== "number";
        bar.firstChild.style.width = `${bar.hidden ? 0 : Math.min(1, Math.max(0, item.value / item.limit)) * 100}%`;
        putHint(hint, item.hint);
      });
  },
};

function usageText({ value, limit, unit }) {
  if (typeof value !== "number") return "–";
  if (!(limit > 0)) return formatNumber(value, unit);
  const share = formatNumber(value / limit, "ratio");
  // A share of one says all there is to say; a unit that is a word need not be said twice.
  if (unit === "ratio") return limit === 1 ? share : `${formatNumber(value, unit)} of ${formatNumber(limit, unit)}`;
  const once = /second|byte/.test(unit) ? unit : "";
  return `${formatNumber(value, once)} of ${formatNumber(limit, unit)}, ${share}`;
}

const notices = {
  create: () => el("div", { class: "notices" },
    el("ul"), el("p", null, sign("good"), el("span"))),
  whole(box, card) {
    const [list, good] = box.children;
    const rank = { bad: 0, warn: 1, good: 3 };
    const items = [...(card.notices ?? [])]
      .sort((a, b) => (rank[a.status] ?? 2) - (rank[b.status] ?? 2));
    keyed(list, items, ({ status, href, text }) => JSON.stringify([status, href, text]),
      ({ status, href, text }) => el("li", { class: known(status) }, sign(status),
        el(href ? "a" : "span", { href }, coded(text))));
    list.hidden = items.length === 0;
    good.hidden = items.length > 0;
    setText(good.lastChild, card.good ?? "Nothing to report");
    tell(box, items);
  },
};

// Says aloud which problems are new; other numbers in a sentence do not make
// it another problem.
function tell(box, items) {
  const shape = ({ text }) => text.replace(/[\d.,]+/g, "0");
  const bad = items.filter((item) => item.status !== "good");
  const fresh = bad.filter((item) => box.told && !box.told.has(shape(item)));
  box.told = new Set(bad.map(shape));
  if (fresh.length > 0) announce(fresh.map((item) => item.text).join(" "));
}

const text = {
  create: () => el("div", { class: "prose" }),
  whole(box, card) {
    if (box.written === card.text) return;
    box.written = card.text;
    replace(box, (card.text ?? "").split(/\n\s*\n/).map((text) => el("p", null, coded(text))));
  },
};

export const kinds = {
  fields: described("fields", "field"), figures: described("figures", "figure"), usage, notices, text,
};
