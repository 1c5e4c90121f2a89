// The page's end of the socket: sends the names of buttons, and puts the HTML that comes back
// where elements have the same id. When the connection is lost it comes back by itself, later and
// later; until then no button can be pressed.

const SHORTEST = 500;
const LONGEST = 15_000;
// A connection that lasts so long was a good one: the next attempt comes soon.
const GOOD = 5_000;
// The server lets 16 clicks wait. So many are enough to try that it takes one after the other.
const MOST_PENDING = 8;

const root = document.getElementById("live");
const state = document.getElementById("live-state");
const buttons = [...root.querySelectorAll("button[data-event]")];

let socket = null;
let attempts = 0;
let sent = [];
let handled = 0;
let timer = 0;

function show() {
  const connected = socket !== null && socket.readyState === WebSocket.OPEN;
  root.classList.toggle("live-connected", connected);
  for (const button of buttons) {
    const pending = sent.filter((name) => name === button.dataset.event).length;
    // Not `disabled`, which would take the focus away from who has just pressed it.
    const rest = !connected || sent.length >= MOST_PENDING;
    if (connected) button.disabled = false;
    else if (document.activeElement !== button) button.disabled = true;
    button.setAttribute("aria-disabled", String(rest));
    button.setAttribute("aria-busy", String(pending > 0));
  }
}

function say(text) {
  if (state.textContent !== text) state.textContent = text;
}

function patch(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.children]) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (!old || !root.contains(old)) continue;
    if (fresh.dataset.handled !== undefined) {
      const now = Number(fresh.dataset.handled);
      sent.splice(0, now - handled);
      handled = now;
    }
    // The element stays, so that what is said is heard: only its content is new.
    if (old.innerHTML !== fresh.innerHTML) old.replaceChildren(...fresh.childNodes);
  }
}

function connect() {
  clearTimeout(timer);
  timer = 0;
  if (socket !== null) return;
  say("Connecting …");
  const address = new URL(root.dataset.socket, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const mine = new WebSocket(address);
  socket = mine;
  let opened = 0;
  mine.addEventListener("open", () => {
    opened = performance.now();
    sent = [];
    handled = 0;
    say("Connected.");
    show();
  });
  mine.addEventListener("message", (message) => {
    patch(message.data);
    show();
  });
  // An error is always followed by this.
  mine.addEventListener("close", (event) => {
    if (socket !== mine) return;
    socket = null;
    sent = [];
    if (opened !== 0 && performance.now() - opened > GOOD) attempts = 0;
    later(event.reason);
    show();
  });
}

function later(reason) {
  const longest = Math.min(SHORTEST * 2 ** attempts, LONGEST);
  attempts += 1;
  // At random, so that not all visitors come back at once after a restart.
  const wait = longest / 2 + (Math.random() * longest) / 2;
  const why = reason ? ` (${reason})` : "";
  say(`Disconnected${why}. Trying again in ${Math.max(1, Math.round(wait / 1000))} s.`);
  timer = setTimeout(connect, wait);
}

for (const button of buttons) {
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    if (socket === null || socket.readyState !== WebSocket.OPEN) return;
    sent.push(button.dataset.event);
    socket.send(button.dataset.event);
    show();
  });
}

// Back on line, or back from the browser's cache of pages: no reason to wait.
addEventListener("online", () => timer && connect());
addEventListener("pageshow", (event) => event.persisted && connect());
addEventListener("pagehide", () => {
  clearTimeout(timer);
  const mine = socket;
  socket = null;
  mine?.close();
});

show();
connect();
