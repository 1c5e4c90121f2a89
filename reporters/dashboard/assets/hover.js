// The moment that is looked at: one for all charts of the page. A mouse, a finger or the arrow keys in
// one chart move it; every chart that can be seen shows its numbers at that moment.

import { announce } from "./cards.js";
import { middleOf, slotAt } from "./data.js";

// Charts within the window, as chart.js finds them; only they are told.
export const seen = new Set();

// { time, chart, row }
let moment = null;
let frame = 0;

/** What is looked at: `{ time, chart, row }`; null, too, if its chart went away meanwhile. */
export const current = () => (moment?.chart.element.isConnected ? moment : null);

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
  const on = (names, listener) => names.forEach((name) => plot.element.addEventListener(name, listener));
  const leave = () => moment?.chart === chart && look(null);
  on(["pointermove", "pointerdown"], (event) => {
    const place = plot.locate(event);
    if (place) look({ ...place, chart });
    else leave();
  });
  // A finger that is lifted leaves the numbers there to be read.
  on(["pointerleave"], (event) => event.pointerType === "mouse" && leave());
  on(["blur"], leave);
  on(["keydown"], (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !step(chart, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// Whether the key means something here.
function step(chart, { key, shiftKey }) {
  const { data, plot: { heat } } = chart;
  if (key === "Escape" && moment) {
    look(null);
    return true;
  }
  if (data.length === 0) return false;
  const last = data.length - 1;
  const stride = shiftKey ? 10 : 1;
  const now = moment ? slotAt(data, moment.time) : null;
  const up = heat && now !== null ? { ArrowUp: 1, ArrowDown: -1 }[key] : undefined;
  const move = up ? 0 : { ArrowLeft: -stride, ArrowRight: stride, Home: -Infinity, End: Infinity }[key];
  if (move === undefined) return false;
  let row = moment?.chart === chart ? moment.row : null;
  if (up) row = row === null ? heat.from : Math.min(heat.from + heat.rows - 1, Math.max(heat.from, row + up));
  const slot = Math.min(last, Math.max(0, (now ?? last) + move));
  look({ time: middleOf(data, slot), chart, row });
  announce(chart.tell());
  return true;
}

// A tap elsewhere puts the moment away that a finger left.
document.addEventListener("pointerdown", (event) => {
  if (moment && !moment.chart.plot.element.contains(event.target)) look(null);
});
