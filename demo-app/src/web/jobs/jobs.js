// Keeps the part of the page up to date that changes. Without this there is a link that does.

const BUSY = 1_000;
const IDLE = 5_000;

async function look() {
  const answer = await fetch("/jobs/state", { cache: "no-store" });
  if (!answer.ok) return;
  const fresh = document.createElement("template");
  fresh.innerHTML = await answer.text();
  for (const element of fresh.content.querySelectorAll("#jobs-figures, #jobs-results")) {
    const old = document.getElementById(element.id);
    if (!old) continue;
    old.toggleAttribute("data-busy", element.hasAttribute("data-busy"));
    // Filled, not replaced: what is read aloud when it changes has to stay the same element. And
    // only if it has changed, so that a selection in it is kept as long as may be.
    if (old.innerHTML !== element.innerHTML) old.innerHTML = element.innerHTML;
  }
}

async function keepLooking() {
  for (;;) {
    const busy = document.getElementById("jobs-figures")?.hasAttribute("data-busy");
    await new Promise((wake) => setTimeout(wake, busy ? BUSY : IDLE));
    // Who does not look at the page needs no news. A server that is away is asked again.
    if (!document.hidden) await look().catch(() => {});
  }
}

keepLooking();
