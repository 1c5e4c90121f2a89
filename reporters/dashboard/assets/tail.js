// The live tail: events as they come, newest at the bottom as in a terminal.
// It follows them only while its end is in sight; whoever scrolls up to read
// is left in peace, and told how many have come since.

import { putText } from "./cards.js";
import { button, el, replace, setText } from "./dom.js";
import { formatClock, formatNumber, formatValue, valueNode } from "./format.js";
import { count, filtered, wantedOf } from "./table.js";

const MOST = 500;

function create() {
  const box = el("div", { class: "tail" });
  filtered(box, "Filter the events below", () => {
    for (const line of box.list.children) line.hidden = !has(box, line);
    say(box);
    follow(box);
  });
  box.list = el("ol");
  box.scroll = el("div", {
    class: "scroll", role: "group", tabindex: "0", "aria-label": "Events, newest last", onscroll: () => edge(box),
  }, box.list);
  box.jump = button("", () => {
    follow(box, true);
    box.scroll.focus({ preventScroll: true });
  }, { class: "jump" });
  box.quiet = el("p", { class: "nothing" });
  box.problem = el("p", { class: "problem" });
  box.bar.append(button("Clear", () => {
    clear(box);
    say(box);
  }));
  box.append(box.bar, box.problem, el("div", { class: "tail-frame" }, box.scroll, box.jump), box.quiet);
  box.sticks = true;
  return box;
}

function clear(box) {
  replace(box.list);
  box.fresh = 0;
  box.sticks = true;
}

// Whoever reads further up is not disturbed when the connection was lost for a while.
function whole(box, card) {
  const goesOn = !box.sticks && box.card.pattern === card.pattern;
  if (!goesOn) clear(box);
  add(box, card, card.events?.filter(({ t }) => !goesOn || t > box.newest));
}

function add(box, card, events = []) {
  box.card = card;
  box.newest = events.at(-1)?.t ?? box.newest;
  const lines = events.slice(-MOST).map((event) => write(box, event));
  box.list.append(...lines);
  // Nothing goes from above what somebody reads, until there is far too much.
  let much = box.list.children.length - (box.sticks ? MOST : 4 * MOST);
  for (; much > 0; much -= 1) box.list.firstChild.remove();
  if (!box.sticks) box.fresh += lines.length;
  say(box);
  follow(box);
}

function write(box, { t, name, trace, measurements = [], metadata = [] }) {
  const pairs = [...measurements, ...metadata];
  const line = el("li", null,
    el("time", { text: `${formatClock(t)}.${String(t % 1000).padStart(3, "0")}` }),
    el("span", { class: "name", text: name }),
    el("span", { class: "pairs" }, pairs.map(([key, value]) =>
      el("span", null, el("span", { class: "key", text: key }), " ", valueNode(value, key))),
    trace && el("a", { href: `traces?id=${encodeURIComponent(trace)}`, text: "trace" })));
  line.text = [name, trace, ...pairs.flatMap(([key, value]) => [key, formatValue(value)])].join(" ").toLowerCase();
  line.hidden = !has(box, line);
  return line;
}

const has = (box, line) => line.text.includes(wantedOf(box));

function follow(box, now = box.sticks) {
  if (now) box.scroll.scrollTop = box.scroll.scrollHeight;
}

function edge(box) {
  const { scrollTop, scrollHeight, clientHeight } = box.scroll;
  box.sticks = scrollHeight - scrollTop - clientHeight < 8;
  if (box.sticks) box.fresh = 0;
  say(box);
}

function say(box) {
  const { pattern, held_back: held, problem } = box.card;
  const all = box.list.children.length;
  const seen = [...box.list.children].filter((line) => !line.hidden).length;
  // Until something is asked for, the form above says all there is to say.
  box.hidden = !pattern && !problem;
  const what = all === 1 ? "event" : "events";
  count(box, seen, all, held ? `${what}, ${formatNumber(held)} held back by the rate limit` : what);
  box.jump.hidden = box.sticks;
  setText(box.jump, box.fresh > 0 ? `${formatNumber(box.fresh)} new` : "To the newest");
  box.scroll.parentNode.hidden = seen === 0;
  box.quiet.hidden = seen > 0 || Boolean(problem);
  setText(box.quiet, all > 0 ? "No event has this text." : `Waiting for ${pattern}.`);
  putText(box.problem, problem);
}

export const kinds = { tail: { create, whole, delta: (box, card, delta) => add(box, card, delta.events) } };
