// Somebody watches the demo's dashboard, in a real browser, while visitors use the site. Every page is opened,
// numbers are compared with what `/metrics` says, the program is restarted, pictures are taken.
//
//   node dashboard.mjs BASE_URL BROWSER MODULES AXE PICTURES
//
// BROWSER is the browser's program, MODULES a folder with `playwright-core` in it, AXE one with `axe-core`,
// PICTURES a folder. Whoever runs it reads `restart` on standard output, restarts the program at the same
// address, and writes a line to standard input.

import { createRequire } from "node:module";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import path from "node:path";
import assert from "node:assert/strict";

const [base, browser, modules, axes, pictures] = process.argv.slice(2);
const { chromium } = createRequire(path.join(modules, "x.js"))("playwright-core");
const axe = await readFile(path.join(axes, "axe-core", "axe.min.js"), "utf8");
const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();

// Whether pictures are wanted to be shown elsewhere: with a past worth looking at.
const isRenewing = process.env.RENEW_PICTURES !== undefined;
const PAST = 200_000;

// Whatever hangs, it ends.
setTimeout(() => {
  console.error("it took longer than four minutes");
  process.exit(1);
}, 240_000 + (isRenewing ? PAST : 0)).unref();

const profile = await mkdtemp(path.join(tmpdir(), "demo-dashboard-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: browser,
  headless: true,
  viewport: { width: 1280, height: 900 },
  colorScheme: "light",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
context.setDefaultTimeout(20_000);
const page = context.pages()[0] ?? (await context.newPage());

// Nothing may go wrong in a page without being seen. While the program is restarted, requests fail; and the
// checker of accessibility tries styles of its own, which the page's policy refuses.
let restarting = false;
let auditing = false;
const complaints = [];
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => {
  if (message.type() === "error" && !restarting && !auditing) complaints.push(message.text());
});
page.on("request", (request) => {
  if (!request.url().startsWith(`${base}/`)) complaints.push(`asked for ${request.url()}`);
});

const dashboard = `${base}/dashboard`;
const state = page.locator("#state");
const live = () => page.waitForFunction(() => document.documentElement.dataset.state === "live");
const section = (id) => page.locator(`#section-${id}, [data-section="${id}"]`).first();

async function open(address) {
  const response = await page.goto(`${dashboard}/${address}`);
  assert.equal(response.status(), 200, address);
  await live();
  await page.waitForFunction(() => document.querySelector("#sections")?.childElementCount > 0);
}

// Waits until something is as it should be; says what it was last if it never is.
async function until(what, ask, good) {
  const end = Date.now() + 20_000;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    assert.ok(Date.now() < end, `${what}: ${JSON.stringify(answer)}`);
    await new Promise((go) => setTimeout(go, 100));
  }
}

// The sum of a counter's series, as Prometheus would scrape it.
async function scraped(name) {
  const text = await (await fetch(`${base}/metrics`)).text();
  const series = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return series.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

async function api(address) {
  const response = await fetch(`${dashboard}/api/${address}`);
  assert.equal(response.status, 200, address);
  return response.json();
}

// With the caret as it is: to hide it, a style would be put into the page.
const picture = (name) => page.screenshot({ path: path.join(pictures, `${name}.png`), caret: "initial" });

// The worst that a checker of accessibility finds.
async function audit(where) {
  auditing = true;
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  auditing = false;
  const bad = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const told = bad.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join(" ")}`);
  assert.deepEqual(told, [], where);
}

const PAGES = ["overview", "metrics", "events", "traces", "runtime", "handlers", "health", "site"];

try {
  if (isRenewing) {
    await new Promise((go) => setTimeout(go, PAST));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await open("overview");
      await page.locator(".chart path").first().waitFor();
      await picture(`shown-${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
  }

  // Through the link on the landing page, and through every page by its navigation.
  await page.goto(base);
  await page.getByRole("link", { name: "Dashboard", exact: true }).first().click();
  await live();
  assert.match(page.url(), /\/dashboard\/overview$/);
  for (const name of PAGES) {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: new RegExp(`^${name}$`, "i") }).click();
    await page.waitForURL(`**/dashboard/${name}`);
    await live();
    assert.equal(await page.locator("h1").innerText(), name[0].toUpperCase() + name.slice(1));
    await page.waitForFunction(() => document.querySelector("#sections").innerText.trim().length > 20);
    assert.ok(!(await page.locator("body").innerText()).includes("to come"), name);
  }

  // A chart's total moves, and is what Prometheus gets.
  const index = (await api("metrics")).sections.find(({ id }) => id === "index").cards[0];
  const chart = index.groups.flatMap(({ charts }) => charts).find(({ name }) => name === "demo.endpoint.stop.count");
  await open(`metrics?group=Requests&range=60&show=${chart.id}`);
  const total = async () => {
    const before = await scraped("demo_endpoint_stop_count_total");
    const figures = await page.locator(`[data-place="chart-${chart.id}"] dl.chart-figures > div, [data-section="chart-${chart.id}"] dl.chart-figures > div`).allInnerTexts();
    const figure = figures.find((text) => text.startsWith("since start"));
    return { before, figure, shown: Number(figure?.split("\n").at(-1).replaceAll(/[^\d.]/g, "")) };
  };
  const first = await until("a total", total, ({ shown, before }) => shown > 0 && shown <= before + 500);
  await until("a total that moves", total, ({ shown }) => shown > first.shown);
  // What is shown is a second old at most; what was scraped before, it has to reach.
  await until("the scraped total", total, ({ shown }) => shown >= first.before);
  const exact = async () => {
    const before = await scraped("demo_endpoint_stop_count_total");
    const card = (await api(`metrics?show=${chart.id}`)).sections.find(({ id }) => id === `chart-${chart.id}`).cards[0];
    const after = await scraped("demo_endpoint_stop_count_total");
    return { shown: card.figures.find(({ label }) => label === "since start").value, before, after };
  };
  // The history is a second behind at most, and visitors wait for nobody.
  await until("a total between two scrapes", exact, ({ shown, before, after }) => shown >= before && shown <= after);

  // Each range is one click away, and what is shown stands in the address.
  for (const [text, seconds] of [["1 min", 60], ["5 min", 300], ["1 h", 3600], ["6 h", 21600], ["1 day", 86400], ["15 min", null]]) {
    await page.getByRole("button", { name: text, exact: true }).click();
    await page.waitForFunction((wanted) => new URLSearchParams(location.search).get("range") === wanted, seconds && String(seconds));
    await live();
    await page.locator(".chart [role=img]").first().waitFor();
  }

  // With the mouse, and with the keyboard: a moment of one chart is shown in all.
  await open("metrics?group=Requests&range=60");
  const plot = page.locator(".chart [role=img]").first();
  await plot.waitFor();
  const moments = () => page.locator(".legend").allInnerTexts();
  const inAll = (texts) => texts.filter((text) => /at \d\d:\d\d:\d\d/.test(text)).length > 1;
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2);
  await until("a moment by mouse", moments, inAll);
  await page.mouse.move(0, 0);
  await until("no moment", moments, (texts) => !inAll(texts));
  await plot.focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await until("a moment by keyboard", moments, inAll);
  await picture("moment");
  await page.keyboard.press("Escape");

  // The table behind a chart.
  await page.getByRole("button", { name: /^Table/ }).first().click();
  await page.locator(".chart table").first().waitFor();
  await picture("values");

  // Paused, nothing moves; afterwards it does.
  await page.getByRole("button", { name: "Pause" }).click();
  await page.waitForFunction(() => document.documentElement.dataset.state === "paused");
  const shown = () => page.locator("#sections").innerText();
  const then = await shown();
  const scrapedThen = await scraped("demo_endpoint_stop_count_total");
  await until("visitors", () => scraped("demo_endpoint_stop_count_total"), (count) => count > scrapedThen + 20);
  assert.equal(await shown(), then, "paused, it stays as it is");
  await page.getByRole("button", { name: "Resume" }).click();
  await live();
  await until("what happened meanwhile", shown, (now) => now !== then);

  // A tail begins when it is asked for, and hides what is not to be shown.
  await open("events");
  assert.ok(!(await page.evaluate(() => fetch("api/handlers").then((answer) => answer.text()))).includes("telemetry-dashboard-tail"));
  const field = page.getByLabel("Watch events");
  await field.fill("demo.endpoint.*");
  await field.press("Enter");
  await page.locator("[data-section=tail]").getByText("demo.endpoint.stop").first().waitFor();
  await picture("events");
  assert.ok((await page.evaluate(() => fetch("api/handlers").then((answer) => answer.text()))).includes("telemetry-dashboard-tail"));

  // The slow page's trace, with its queries, and that they are too many.
  await fetch(`${base}/users-slow`);
  await open("traces?route=/users-slow");
  await page.getByRole("link", { name: "GET /users-slow" }).first().click();
  await page.waitForURL("**/traces?id=*");
  await page.getByText("demo.repo.query").first().waitFor();
  await until("20 queries", () => page.locator("[role=row]").count(), (count) => count >= 22);
  await picture("trace");

  // Everybody can use it, light and dark, narrow and wide.
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const name of PAGES) {
      await open(name);
      await audit(`${name}, ${colorScheme}`);
      await picture(`${name}-${colorScheme}`);
    }
  }
  await page.setViewportSize({ width: 360, height: 740 });
  for (const name of PAGES) {
    await open(name);
    await audit(`${name}, narrow`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${name} is ${wide} pixels wider than a narrow screen`);
    await picture(`${name}-narrow`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });

  // The program is restarted: the page says so, and goes on.
  await open("overview");
  restarting = true;
  process.stdout.write("restart\n");
  await page.waitForFunction(() => document.documentElement.dataset.state === "lost");
  await picture("lost");
  assert.match(await state.innerText(), /lost/i);
  process.stdout.write("lost\n");
  await lines.next();
  await live();
  assert.match(await state.innerText(), /restarted/i);
  restarting = false;
  await until("numbers after the restart", () => page.locator("#sections").innerText(), (text) => /\d/.test(text));

  assert.deepEqual(complaints, []);
} catch (error) {
  await picture("failed").catch(() => {});
  console.error(complaints.join("\n"), await page.locator("body").innerText().catch(() => ""));
  throw error;
} finally {
  // Otherwise it would go on for as long as somebody could write to it.
  input.close();
  process.stdin.destroy();
  await context.close();
  await rm(profile, { recursive: true, force: true });
}
