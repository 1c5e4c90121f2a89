// The moment that is looked at: one for all charts of the page. A mouse, a finger or the arrow keys in
// one chart move it; every chart that can be seen shows its numbers at that moment.

import { announce } from "./cards.js";
import { middleOf, slotAt } from "./data.js";

// Charts within the window, as chart.js finds them; only they are told.
export const seen = new Set();

let moment = null; // { time, chart, row }
let frame = 0;

/** What is looked at: `{ time, chart, row }` or null. */
export const current = () => moment;

function look(next) {
  moment = next;
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    for (const chart of seen) chart.point();
  });
}

/** Lets `chart` (`{ plot, data, point(), tell() }`) move the moment. */
export function follow(chart) {
  const { plot } = chart;
  const node = plot.element;
  const leave = () => moment?.chart === chart && look(null);
  const move = (event) => {
    const place = plot.locate(event);
    if (place) look({ ...place, chart });
    else leave();
  };
  node.addEventListener("pointermove", move);
  node.addEventListener("pointerdown", move);
  // A finger that is lifted leaves the numbers there to be read.
  node.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
  node.addEventListener("blur", leave);
  node.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !step(chart, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function step(chart, { key, shiftKey }) {
  const { data, plot } = chart;
  if (key === "Escape") {
    if (!moment) return false;
    look(null);
    return true;
  }
  if (data.length === 0) return false;
  const last = data.length - 1;
  const now = moment ? slotAt(data, moment.time) : null;
  const stride = shiftKey ? 10 : 1;
  const [left, right] = [(now ?? last + stride) - stride, (now ?? last) + stride];
  const to = { ArrowLeft: left, ArrowRight: right, Home: 0, End: last }[key];
  let row = moment?.chart === chart ? moment.row : null;
  if (to === undefined) {
    const up = { ArrowUp: 1, ArrowDown: -1 }[key];
    if (!up || !plot.heat || now === null) return false;
    const { from, rows } = plot.heat;
    row = row === null ? from : Math.min(from + rows - 1, Math.max(from, row + up));
  }
  const slot = Math.min(last, Math.max(0, to ?? now));
  look({ time: middleOf(data, slot), chart, row });
  announce(chart.tell());
  return true;
}

// A tap elsewhere puts the moment away that a finger left.
document.addEventListener("pointerdown", (event) => {
  if (moment && !moment.chart.plot.element.contains(event.target)) look(null);
});
