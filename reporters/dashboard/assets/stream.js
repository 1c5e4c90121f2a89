// One stream of server-sent events for the page. It closes while the page is
// paused or has been out of sight for a while, so that the program has nothing
// to do for it, and comes back by itself when the connection is lost.

const HIDDEN = 10_000;
const LONGEST = 15_000;
const LOOK = 5_000;

/** How long to wait before a try, in milliseconds: 1 s, then twice as long
 * each time up to 15 s, less up to a quarter, so that not all come at once. */
export function backoff(failures, random = Math.random()) {
  return Math.min(LONGEST, 1000 * 2 ** failures) * (1 - random / 4);
}

/** `on.view(view, isRestarted)`, `on.sections(changes, at)` (false asks for whole ones),
 * `on.state(state, text)`, `on.login()`. States: `connecting`, `live`,
 * `paused`, `lost`, `full`, `refused`; `text` is the server's sentence. */
export class Stream {
  #world;
  #url;
  #on;
  #source = null;
  // The question why, under way.
  #try = null;
  #timer = null;
  #hiding = null;
  #failures = 0;
  // Since when it is live; `Infinity` if it is not.
  #since = Infinity;
  #boot = null;
  #paused = false;

  constructor(url, on, world = globalThis) {
    this.#url = url;
    this.#on = on;
    this.#world = world;
    const { document } = world;
    const look = () => this.#look();
    document.addEventListener("visibilitychange", look);
    world.addEventListener("online", look);
    world.addEventListener("pagehide", () => this.#stop());
    world.addEventListener("pageshow", look);
    // Who slept may not notice that the connection is gone.
    let last = world.Date.now();
    world.setInterval(() => {
      const now = world.Date.now();
      if (now - last > 6 * LOOK && this.#source) this.open();
      last = now;
    }, LOOK);
  }

  get paused() {
    return this.#paused;
  }

  /** Closes it until it is opened. */
  pause() {
    this.#paused = true;
    this.#stop();
    this.#on.state("paused");
  }

  /** Opens it, or opens it anew: what comes next is whole sections. */
  open() {
    this.#stop();
    const source = new this.#world.EventSource(this.#url());
    this.#source = source;
    if (this.#paused || this.#boot === null) {
      this.#paused = false;
      this.#on.state("connecting");
    }
    const listen = (name, act) => source.addEventListener(name, ({ data }) => {
      if (this.#source !== source) return;
      try {
        data = JSON.parse(data);
      } catch {
        return void this.#fail("lost");
      }
      act(data);
    });
    listen("view", (view) => this.#view(view));
    listen("sections", ({ sections, at }) => {
      if (this.#on.sections(sections, at) === false) this.#fail("connecting");
      else this.#failures = 0;
    });
    listen("bye", ({ why }) => {
      if (why === "too many viewers") this.#fail("full");
      else this.#fail("lost", why === "closing" ? undefined : why);
    });
    source.addEventListener("error", () => {
      if (this.#source === source) this.#isOld ? this.#fail("lost") : this.#ask();
    });
    this.#look();
  }

  // Those that went well for a while are opened anew at once: hosts end them from time to time.
  get #isOld() {
    return this.#world.Date.now() - this.#since > LOOK;
  }

  #view(view) {
    this.#world.clearTimeout(this.#timer);
    this.#since = this.#world.Date.now();
    this.#on.view(view, this.#boot !== null && this.#boot !== view.boot);
    this.#boot = view.boot;
    this.#on.state("live");
  }

  // An EventSource does not say what went wrong; an ordinary request does.
  async #ask() {
    this.#stop();
    const question = new AbortController();
    this.#try = question;
    let answer;
    let text;
    try {
      answer = await this.#world.fetch(this.#url(), { headers: { accept: "text/event-stream" }, signal: question.signal });
      const { ok, headers } = answer;
      // Other words than the program's may stand on whole pages.
      if (!ok && /^text\/plain/.test(headers.get("content-type"))) text = (await answer.text()).slice(0, 500);
    } catch { /* Then there is no answer. */ }
    if (this.#try !== question) return;
    question.abort();
    const { status = 500, redirected } = answer ?? {};
    if (status === 401) this.#on.login();
    else if (redirected) this.#fail("refused", "Another page answers: reload this one.");
    else if (status === 503 && text) this.#fail("full", text);
    else if (status < 400 || status >= 500 || status === 429) this.#fail("lost", text);
    else this.#fail("refused", text);
  }

  #fail(state, text) {
    if (state === "lost" && this.#isOld) {
      this.open();
      // Nothing is said if that helps soon.
      this.#timer = this.#world.setTimeout(() => this.#on.state(state, text), 2000);
      return;
    }
    this.#stop();
    this.#on.state(state, text);
    // Asked the same, it would refuse again: the next try is the viewer's.
    if (state === "refused") return;
    this.#timer = this.#world.setTimeout(() => this.open(), backoff(this.#failures));
    this.#failures += 1;
  }

  // Back at once when the page is seen, gone after a while when it is not.
  #look() {
    const { document, setTimeout, clearTimeout } = this.#world;
    clearTimeout(this.#hiding);
    if (document.visibilityState === "hidden") this.#hiding = setTimeout(() => this.#stop(), HIDDEN);
    else if (!this.#source && !this.#try && !this.#paused) this.open();
  }

  #stop() {
    this.#source?.close();
    this.#source = null;
    this.#try?.abort();
    this.#try = null;
    this.#since = Infinity;
    this.#world.clearTimeout(this.#timer);
  }
}
