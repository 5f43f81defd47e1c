// Keeps the page up to date. Everything works without it too, by posting forms and reloading.
"use strict";

const trouble = document.getElementById("trouble");
let ahead = 0; // how far the demo's clock is ahead of this browser's, in ms

function say(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
}

// stays reports whether a line is the same as before. If it only came once more, its count is brought up
// to date, which no screen reader reads.
function stays(before, after) {
  if (before.outerHTML === after.outerHTML) return true;
  const [old, count] = [before, after].map((line) => line.querySelector(".times"));
  if (!old || !count || before.dataset.n !== after.dataset.n) return false;
  old.replaceWith(count);
  return true;
}

// hold gives the focus to what took the place of what had it, or to the part of the page it was in.
function hold(element, held) {
  const same = (other) => other.name === held.name && other.value === held.value && other.textContent === held.textContent;
  ([...element.querySelectorAll("button, input")].find(same) || element).focus();
}

// fill puts new content into an element. In one that grows, what stands there already stays, so that
// a screen reader reads only what is new.
function fill(element, html) {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  if (!("grows" in element.dataset)) {
    const held = element.contains(document.activeElement) && document.activeElement;
    element.replaceChildren(fresh.content);
    if (held) hold(element, held);
    return [];
  }
  const before = [...element.children], after = [...fresh.content.children];
  let same = 0;
  while (same < before.length && same < after.length && stays(before[same], after[same])) same++;
  before.slice(same).forEach((old) => old.remove());
  const added = after.slice(same);
  element.append(...added);
  return added;
}

// ring shakes a phone that got a text.
function ring(phone) {
  phone.classList.remove("shaken");
  void phone.offsetWidth; // so that the animation starts over
  phone.classList.add("shaken");
}
document.addEventListener("animationend", (event) => event.target.classList.remove("shaken"));

let first = true; // the first update shows what the page shows already: nothing rings
function update(event) {
  const { now_ms, fragments } = JSON.parse(event.data);
  ahead = now_ms - Date.now();
  for (const [id, html] of Object.entries(fragments)) {
    const element = document.getElementById(id);
    if (!element) continue;
    const added = fill(element, html);
    if (added.length) element.parentElement.scrollTop = 0; // its bottom: the column is reversed
    if (!first && "rings" in element.dataset && added.some((p) => p.classList.contains("theirs"))) {
      ring(element.closest(".phone"));
    }
  }
  first = false;
  say("");
  tick();
}

// tick moves every clock.
function tick() {
  const now = Date.now() + ahead;
  for (const clock of document.querySelectorAll("[data-due]")) {
    const left = Number(clock.dataset.due) - now;
    const seconds = Math.max(0, Math.ceil(left / 1000));
    clock.textContent = seconds > 0 ? seconds + " " + document.body.dataset.unit : document.body.dataset.now;
    const bar = clock.parentElement.querySelector("progress");
    bar.value = Math.min(1, Math.max(0, 1 - left / (Number(clock.dataset.span) || 1)));
  }
}
setInterval(tick, 250);

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form));
  if (submitter && submitter.name) body.set(submitter.name, submitter.value);
  const field = form.querySelector("input");
  const written = field && field.value;
  if (field) field.value = ""; // at once, so that the next text can be typed
  try {
    // The answer to a form is a redirect to the page, which is open already.
    const answer = await fetch(submitter && submitter.hasAttribute("formaction") ? submitter.formAction : form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.ok) return;
  } catch {
    // told below, like any other failure
  }
  if (field && !field.value) field.value = written;
  say(document.body.dataset.failed);
}

document.addEventListener("submit", (event) => {
  if (!("send" in event.target.dataset)) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

// Whoever touches a phone has seen what it shows.
document.addEventListener("pointerdown", (event) => {
  const phone = event.target.closest && event.target.closest(".phone");
  const badge = phone && phone.querySelector(".badge");
  if (badge && !badge.contains(event.target)) badge.form.requestSubmit();
});

// The board beside the phones, where the page is wide enough. It comes back when the page is loaded anew, because
// of another language or world, with a ticket of its own.
const desk = document.getElementById("desk"), beside = document.getElementById("beside");
const wide = matchMedia("(min-width: 1300px)");
const openText = beside && beside.textContent;
async function showDesk() {
  try {
    const answer = await fetch("/board", { method: "POST", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error("status " + answer.status);
    const frame = document.createElement("iframe");
    frame.title = desk.dataset.title;
    frame.src = (await answer.json()).url;
    desk.replaceChildren(frame);
  } catch {
    say(document.body.dataset.failed);
    return;
  }
  setDesk(true);
}
function setDesk(shown) {
  if (!shown) desk.replaceChildren();
  desk.hidden = !shown;
  document.body.classList.toggle("beside", shown);
  beside.setAttribute("aria-expanded", String(shown));
  beside.textContent = shown ? beside.dataset.close : openText;
  sessionStorage.setItem("beside", shown ? "yes" : "");
}
if (beside) {
  beside.hidden = false;
  beside.addEventListener("click", () => desk.hidden ? showDesk() : setDesk(false));
  if (wide.matches && sessionStorage.getItem("beside")) showDesk();
}

const query = new URLSearchParams({ world: document.body.dataset.world, language: document.body.dataset.language });
const updates = new EventSource("/events?" + query);
updates.addEventListener("update", update);
updates.addEventListener("reload", () => location.reload());
updates.addEventListener("error", () => say(document.body.dataset.offline));
