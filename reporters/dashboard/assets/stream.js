// One stream of server-sent events for the page. It closes while the page is
// paused or has been out of sight for a while, so that the program has nothing
// to do for it, and comes back by itself when the connection is lost.

const HIDDEN = 10_000;
const LONGEST = 15_000;

/** How long to wait before a try, in milliseconds: 1 s, then twice as long
 * each time up to 15 s, less up to a quarter, so that not all come at once. */
export function backoff(failures, random = Math.random()) {
  return Math.min(LONGEST, 1000 * 2 ** Math.min(failures, 10)) * (1 - random / 4);
}

/** `on.view(view)`, `on.sections(changes, at)` (false asks for whole ones),
 * `on.state(state, text)`, `on.login()`. States: `connecting`, `live`,
 * `paused`, `lost`, `full`, `refused`; `text` is the server's sentence.
 * `on.restarted()` and `on.outdated(build)` come beside them. */
export class Stream {
  #world;
  #url;
  #on;
  #source = null;
  #try = null; // the question why, under way
  #timer = null;
  #hiding = null;
  #failures = 0;
  #boot = null;
  #paused = false;

  constructor(url, on, world = globalThis) {
    this.#url = url;
    this.#on = on;
    this.#world = world;
    const { document } = world;
    const seen = () => {
      if (document.visibilityState !== "hidden") this.#wake();
      else this.#hiding = world.setTimeout(() => this.#stop(), HIDDEN);
    };
    document.addEventListener("visibilitychange", seen);
    world.addEventListener("pagehide", () => this.#stop());
    world.addEventListener("pageshow", (event) => event.persisted && this.#wake());
    world.addEventListener("online", seen);
  }

  get paused() {
    return this.#paused;
  }

  pause() {
    this.#paused = true;
    this.#stop();
    this.#on.state("paused");
  }

  resume() {
    this.#paused = false;
    this.open();
  }

  /** Opens it, or opens it anew: what comes next is whole sections. */
  open() {
    this.#stop();
    if (this.#paused) return;
    const { EventSource } = this.#world;
    const source = new EventSource(this.#url());
    this.#source = source;
    if (this.#boot === null) this.#on.state("connecting");
    const listen = (name, act) => source.addEventListener(name, (event) => {
      if (this.#source !== source) return;
      let data;
      try {
        data = JSON.parse(event.data);
      } catch {
        this.#fail("lost");
        return;
      }
      act(data);
    });
    listen("view", (view) => this.#view(view));
    listen("sections", ({ sections, at }) => {
      if (this.#on.sections(sections, at) === false) this.#fail("connecting");
    });
    listen("bye", ({ why }) => {
      if (why === "too many viewers") this.#fail("full");
      else this.#fail("lost", why === "closing" ? undefined : why);
    });
    source.addEventListener("error", () => this.#source === source && this.#ask());
  }

  #view(view) {
    this.#failures = 0;
    if (this.#boot !== null && this.#boot !== view.boot) this.#on.restarted();
    this.#boot = view.boot;
    this.#on.outdated(view.build);
    this.#on.view(view);
    this.#on.state("live");
  }

  // An EventSource does not say what went wrong; an ordinary request does.
  async #ask() {
    this.#close();
    const { AbortController, fetch } = this.#world;
    const question = new AbortController();
    this.#try = question;
    try {
      const answer = await fetch(this.#url(), {
        headers: { accept: "text/event-stream" }, signal: question.signal,
      });
      if (this.#try !== question) return;
      if (answer.status === 401) this.#on.login();
      else if (answer.ok) this.#fail("lost");
      else {
        const text = (await answer.text()).slice(0, 500);
        if (this.#try !== question) return;
        this.#fail(answer.status === 503 ? "full" : "refused", text);
      }
    } catch {
      if (this.#try === question) this.#fail("lost");
    } finally {
      question.abort();
    }
  }

  #fail(state, text) {
    this.#stop();
    this.#on.state(state, text);
    // Asked the same, it would refuse again: the next try is the viewer's.
    if (state === "refused") return;
    const { setTimeout } = this.#world;
    this.#timer = setTimeout(() => this.open(), backoff(this.#failures));
    this.#failures += 1;
  }

  #wake() {
    this.#world.clearTimeout(this.#hiding);
    if (this.#source === null && !this.#paused) this.open();
  }

  #stop() {
    this.#close();
    this.#try?.abort();
    this.#try = null;
    this.#world.clearTimeout(this.#timer);
  }

  #close() {
    this.#source?.close();
    this.#source = null;
  }
}
