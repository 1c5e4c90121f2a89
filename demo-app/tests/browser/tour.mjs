// A visitor's tour through the demo, in a real browser. It clicks what there is to click, checks what it
// sees, takes pictures, and prints as JSON what it did, so that the numbers can be compared.
//
//   node tour.mjs BASE_URL BROWSER MODULES PICTURES
//
// BROWSER is the browser's program, MODULES a folder with `playwright-core` in it, PICTURES a folder.

import { createRequire } from "node:module";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import assert from "node:assert/strict";

const [base, browser, modules, pictures] = process.argv.slice(2);
const { chromium } = createRequire(path.join(modules, "x.js"))("playwright-core");

const done = {};
const count = (what, times = 1) => (done[what] = (done[what] ?? 0) + times);

const profile = await mkdtemp(path.join(tmpdir(), "demo-tour-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browser,
  headless: true,
  viewport: { width: 1180, height: 900 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
context.setDefaultTimeout(20_000);
const page = context.pages()[0] ?? (await context.newPage());

// Nothing may go wrong in a page without being seen; a page that is to fail says so itself.
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  if (message.type() === "error" && !/status of (4|5)\d\d/.test(message.text())) {
    complaints.push(message.text());
  }
});
// All requests are to the site itself.
page.on("request", (request) => {
  const url = request.url();
  if (!url.startsWith(base) && !url.startsWith("data:")) complaints.push(`asked for ${url}`);
});

// Each page that was answered, also those that a form leads to.
page.on("response", (response) => {
  const request = response.request();
  if (request.resourceType() !== "document") return;
  const route = new URL(response.url()).pathname.replace(/\/\d+\//, "/{id}/");
  count(`${request.method()} ${route} ${response.status()}`);
});

async function open(route, status = 200) {
  const response = await page.goto(base + route);
  assert.equal(response.status(), status, route);
  return response;
}

const picture = (name) => page.screenshot({ path: path.join(pictures, `${name}.png`) });

async function press(name) {
  await Promise.all([
    page.waitForNavigation(),
    page.getByRole("button", { name, exact: true }).click(),
  ]);
}

try {
  await pages();
  const name = `Tour <b>${process.pid}</b>`;
  await account(name);
  await live();
  await activity(name);
  await work();
  await narrow();
  assert.deepEqual(complaints, []);
  console.log(JSON.stringify(done));
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
}

async function pages() {
  await open("/");
  await picture("start");
  for (const route of ["/users-fast", "/users-slow"]) {
    await open(route);
    assert.equal(await page.locator("tbody tr").count(), 20, route);
  }
  const failed = await open("/fail", 500);
  // Whoever reports the failure can say which trace it was.
  assert.match(failed.headers().traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
  await open("/panic", 500);
  await open("/no-such-page", 404);
  // Leaves before the answer is there.
  const began = page.waitForRequest(`${base}/slow`);
  const left = page.goto(`${base}/slow`).catch(() => {});
  await began;
  await new Promise((resolve) => setTimeout(resolve, 300));
  // To a page: for what is none, as `/health`, the browser asks for an icon unseen.
  await open("/");
  await left;
  count("GET /slow cancelled");
}

async function account(name) {
  const password = "correct horse battery";
  await open("/sign-up");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(password);
  await press("Sign up");
  assert.equal(new URL(page.url()).pathname, "/me");
  count("sign_up ok");
  // Comes by way of an event, and so a moment later.
  const deadline = Date.now() + 15_000;
  while ((await page.locator("ul.messages li").count()) === 0) {
    assert(Date.now() < deadline, "no welcome message");
    await page.reload();
  }
  for (const title of ["Water <script>window.pwned = 1</script>", "Prove the lemma", "Go home"]) {
    await page.getByLabel("New item").fill(title);
    await press("Add");
    count("todo add");
  }
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator("ul.todos > li").count(), 3);
  await press("Done: Prove the lemma");
  count("todo tick");
  await press("Delete: Go home");
  count("todo delete");
  assert.equal(await page.locator("ul.todos > li").count(), 2);
  await picture("account");
  await press("Log out");
  count("log_out");

  await open("/me");
  assert.equal(new URL(page.url()).pathname, "/log-in", "nobody is logged in");
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill("a wrong password");
  await press("Log in");
  count("log_in invalid_credentials");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Password").fill(password);
  await press("Log in");
  count("log_in ok");
  assert.equal(new URL(page.url()).pathname, "/me");
}

async function live() {
  await open("/live");
  const connected = () => page.locator("#live.live-connected").waitFor();
  await connected();
  for (const [button, times] of [["quick", 3], ["steady", 4], ["slow", 1]]) {
    for (let time = 1; time <= times; time += 1) {
      await page.locator(`button[data-event=${button}]`).click();
      const fails = button === "steady" && time === 4;
      count(`live ${button} ${fails ? "error" : "ok"}`);
      await page.locator(`#live-count-${button}`, { hasText: String(time) }).waitFor();
    }
  }
  await page.locator("#live-log li").nth(7).waitFor();
  await picture("live");
  await page.locator("button[data-event=raise]").click();
  count("live raise panic");
  await page.locator("#live:not(.live-connected)").waitFor();
  await connected();
}

async function activity(name) {
  await open("/activity");
  await page.getByText(name).first().waitFor();
  await page.locator("code").first().waitFor();
  await picture("activity");
}

async function work() {
  await open("/jobs");
  for (const [kind, label, jobs, attempts] of [
    ["Resize an image", "<i>tour</i>", 3, 3],
    ["A crash", "", 1, 1],
  ]) {
    await page.getByLabel(kind).check();
    await page.getByLabel("How many").fill(String(jobs));
    await page.getByLabel("A name for them").fill(label);
    const before = await page.locator("#jobs-results li").count();
    await press("Put into the queue");
    // The page asks how they fare by itself.
    await page.locator("#jobs-results li").nth(before + attempts - 1).waitFor();
    count(`job ${kind === "A crash" ? "crash panic" : "resize_image ok"}`, attempts);
  }
  assert.equal(await page.locator("#jobs-results i").count(), 0, "a label is text");
  await picture("jobs");

  const ok = { 200: 0, other: 0 };
  for (let time = 0; time < 10; time += 1) {
    const response = await page.goto(`${base}/quote`);
    const status = response.status();
    assert([200, 502, 504].includes(status), `/quote answers ${status}`);
    ok[status === 200 ? 200 : "other"] += 1;
  }
  if (ok[200] > 0) count("quote ok", ok[200]);
  await picture("quote");
}

// As wide as a phone: nothing sticks out at the side.
async function narrow() {
  await page.setViewportSize({ width: 375, height: 700 });
  for (const route of ["/", "/users-fast", "/me", "/live", "/activity", "/jobs"]) {
    await open(route);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert(wide <= 375, `${route} is ${wide} wide`);
  }
}
