import assert from "node:assert/strict";
import { test } from "node:test";
import { Stream, backoff } from "../../assets/stream.js";

// A browser of which only what the stream uses is there, and a clock that is moved by hand.
function world(answer) {
  const timers = new Map();
  let now = 0;
  const it = {
    sources: [], asked: [], said: [], visible: "visible", listeners: {},
    document: {
      get visibilityState() { return it.visible; },
      addEventListener: (name, act) => { it.listeners[name] = act; },
    },
    addEventListener: (name, act) => { it.listeners[name] = act; },
    setTimeout(act, after) {
      const id = Symbol("timer");
      timers.set(id, { act, at: now + after });
      return id;
    },
    clearTimeout: (id) => timers.delete(id),
    setInterval: (act) => { it.beat = act; },
    Date: { now: () => now },
    async fetch(url) {
      it.asked.push(url);
      return answer();
    },
    EventSource: class {
      constructor(url) {
        this.url = url;
        this.acts = {};
        it.sources.push(this);
      }
      addEventListener(name, act) { this.acts[name] = act; }
      close() { this.closed = true; }
    },
    pass(time) {
      now += time;
      for (const [id, { act, at }] of [...timers]) {
        if (at <= now && timers.delete(id)) act();
      }
    },
    hide(state) {
      it.visible = state;
      it.listeners.visibilitychange();
    },
    send: (name, data) => it.sources.at(-1).acts[name]({ data: JSON.stringify(data) }),
    open: () => it.sources.filter((source) => !source.closed).length,
  };
  const say = (name) => (...what) => { it.said.push([name, ...what]); };
  it.fits = true;
  it.stream = new Stream(() => "stream?page=x", {
    view: say("view"), state: say("state"), login: say("login"), sections: () => it.fits,
  }, it);
  it.stream.open();
  return it;
}

const view = { boot: "b1", build: "h", sections: [] };
const answer = (status, text, more) => () => ({
  status, ok: status < 300, text: async () => text, headers: new Headers({ "content-type": "text/plain" }), ...more,
});
const html = { headers: new Headers({ "content-type": "text/html" }) };
const has = (it, ...what) => it.said.some((said) => JSON.stringify(said) === JSON.stringify(what));
const settled = () => new Promise((resolve) => { setImmediate(resolve); });
const fail = async (it) => {
  it.sources.at(-1).acts.error({});
  await settled();
};

test("pauses grow from about one second to fifteen", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 50].map((failures) => backoff(failures, 0)),
    [1000, 2000, 4000, 8000, 15000, 15000]);
  assert.equal(backoff(0, 1), 750);
});

test("a lost connection comes back by itself, later each time", async () => {
  const it = world(() => { throw new Error("no network"); });
  it.send("view", view);
  await fail(it);
  assert(has(it, "state", "lost", undefined));
  assert.equal(it.open(), 0);
  it.pass(1000);
  assert.equal(it.open(), 1);
  await fail(it);
  it.pass(1000);
  assert.equal(it.open(), 0, "the second pause is longer");
  it.pass(1000);
  assert.equal(it.open(), 1);
  it.send("view", view);
  await fail(it);
  it.pass(1000);
  assert.equal(it.open(), 0, "who only says hello is not there yet");
  it.pass(14_000);
  it.send("view", view);
  it.send("sections", { at: 1, sections: [] });
  await fail(it);
  it.pass(1000);
  assert.equal(it.open(), 1, "a success makes the pause short again");
});

test("a restarted program is noticed", () => {
  const it = world();
  it.send("view", view);
  assert(has(it, "view", view, false));
  it.stream.open();
  it.send("view", view);
  assert.equal(has(it, "view", view, true), false);
  it.stream.open();
  it.send("view", { ...view, boot: "b2" });
  assert(has(it, "view", { ...view, boot: "b2" }, true));
});

test("who is not let in is sent to the login", async () => {
  const it = world(answer(401, ""));
  await fail(it);
  assert(has(it, "login"));
});

test("a refusal is told in the server's words, and not asked again", async () => {
  const it = world(answer(400, "No such range: 7."));
  await fail(it);
  assert(has(it, "state", "refused", "No such range: 7."));
  it.pass(60_000);
  assert.equal(it.open(), 0);
  it.stream.open();
  assert.equal(it.open(), 1, "another question is another matter");
});

test("where too many watch, it says so and tries again", async () => {
  const it = world(answer(503, "Too many."));
  await fail(it);
  assert(has(it, "state", "full", "Too many."));
  it.pass(1000);
  assert.equal(it.open(), 1);
  it.send("bye", { why: "too many viewers" });
  assert.equal(it.said.at(-1)[1], "full");
});

test("what stands between may fail for a while, in words that are not the program's", async () => {
  for (const status of [500, 502, 503, 504]) {
    const it = world(answer(status, "<h1>Bad gateway</h1>", html));
    await fail(it);
    assert(has(it, "state", "lost", undefined), status);
    it.pass(1000);
    assert.equal(it.open(), 1);
  }
});

// A stream that has been live for six seconds.
async function old() {
  const it = world(() => { throw new Error("no network"); });
  it.send("view", view);
  it.pass(6000);
  it.said = [];
  return it;
}

test("a stream that ends after a while is opened anew at once, and nothing is said", async () => {
  for (const end of [fail, (it) => it.send("bye", { why: "closing" })]) {
    const it = await old();
    await end(it);
    assert.equal(it.open(), 1);
    assert.deepEqual(it.asked, []);
    it.pass(1999);
    assert.deepEqual(it.said, []);
    it.send("view", view);
    it.pass(60_000);
    assert.deepEqual(it.said, [["view", view, false], ["state", "live"]]);
    assert.equal(it.sources.length, 2);
  }
});

test("it is lost once the first try fails, or takes two seconds", async () => {
  const failed = await old();
  await fail(failed);
  await fail(failed);
  assert.deepEqual(failed.said, [["state", "lost", undefined]]);
  assert.equal(failed.open(), 0, "the next try is later");
  const slow = await old();
  await fail(slow);
  slow.pass(2000);
  assert.deepEqual(slow.said, [["state", "lost", undefined]]);
  assert.equal(slow.open(), 1, "it may still come");
  slow.send("view", view);
  assert.deepEqual(slow.said.at(-1), ["state", "live"]);
});

test("one that ends soon each time is not asked for without a pause", async () => {
  const it = world(answer(200, ""));
  it.send("view", view);
  it.send("sections", { at: 1, sections: [] });
  await fail(it);
  assert.equal(it.open(), 0);
});

test("where the host's own login answers, it is not asked again and again", async () => {
  const it = world(answer(200, "<h1>Log in</h1>", { ...html, redirected: true }));
  await fail(it);
  assert.equal(it.said.at(-1)[1], "refused");
  it.pass(60_000);
  assert.equal(it.open(), 0);
});

test("who slept opens the stream anew, and no other", () => {
  const it = world();
  const [old] = it.sources;
  it.pass(5000);
  it.beat();
  assert(!old.closed);
  it.pass(3_600_000);
  it.beat();
  assert(old.closed);
  assert.equal(it.open(), 1);
  it.stream.pause();
  it.pass(3_600_000);
  it.beat();
  assert.equal(it.open(), 0);
});

test("a network that comes and goes while the page is hidden closes nothing later", () => {
  const it = world();
  it.hide("hidden");
  it.pass(5000);
  it.listeners.online();
  it.hide("visible");
  it.pass(60_000);
  assert.equal(it.open(), 1);
});

test("a page that is opened out of sight does not watch for ever", () => {
  const it = world();
  it.visible = "hidden";
  it.stream.open();
  it.pass(10_000);
  assert.equal(it.open(), 0);
});

test("a page out of sight for ten seconds asks for nothing, and comes back at once", () => {
  const it = world();
  it.hide("hidden");
  it.pass(9999);
  assert.equal(it.open(), 1, "not yet");
  it.hide("visible");
  it.pass(60_000);
  assert.equal(it.open(), 1, "it was back in time");
  it.hide("hidden");
  it.pass(10_000);
  assert.equal(it.open(), 0);
  it.hide("visible");
  assert.equal(it.open(), 1);
});

test("a paused page stays closed whatever happens, until it is resumed", async () => {
  const it = world();
  it.stream.pause();
  assert.equal(it.open(), 0);
  it.hide("hidden");
  it.hide("visible");
  it.listeners.online();
  it.pass(60_000);
  assert.equal(it.open(), 0);
  assert.equal(it.said.at(-1)[1], "paused");
  it.stream.open();
  assert.equal(it.open(), 1);
  assert.equal(it.said.at(-1)[1], "connecting");
});

test("sections that do not fit, and what is no JSON, open the stream anew", () => {
  const it = world();
  it.send("view", view);
  it.fits = false;
  it.send("sections", { at: 1, sections: [] });
  assert.equal(it.open(), 0);
  it.pass(1000);
  assert.equal(it.open(), 1);
  it.sources.at(-1).acts.view({ data: "{" });
  assert.equal(it.open(), 0);
});

test("a stream that was closed is not listened to any more", () => {
  const it = world();
  const [old] = it.sources;
  it.stream.open();
  old.acts.view({ data: JSON.stringify(view) });
  assert(!has(it, "view", view, false));
});
