// Keeps a page up to date. Everything works without it too, by posting forms and reloading.
"use strict";

const body = document.body;
const live = document.getElementById("live");
const strip = document.getElementById("strip"); // who waits, on every page but the first
const trouble = document.getElementById("trouble");
const signedIn = Boolean(body.dataset.idle);
let ahead = Number(body.dataset.now) - Date.now(); // how far the server's clock is ahead of this browser's, in ms

// ---- leaving: Esc twice blanks the page at once and ends the session behind it.
let escaped = 0, leaving = false, stream = null;
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !signedIn) return;
  const again = Date.now() - escaped < 1000;
  escaped = Date.now();
  if (!again) return;
  event.preventDefault();
  leave();
});
function leave() {
  leaving = true; // from here on nothing else may change what is shown or heard
  stream?.close();
  alarm = 0;
  audio?.close();
  document.title = " ";
  body.replaceChildren();
  fetch("/leave", { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
  location.replace("/leave");
}
document.getElementById("leave")?.addEventListener("submit", (event) => {
  event.preventDefault();
  leave();
});

// ---- a page that comes back out of the browser's memory is asked for anew: its session may be over.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// ---- forms are sent once.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "1";
  setTimeout(() => delete event.target.dataset.sent, 5000);
});

// ---- idle: somebody who reads is told before the session ends; any touch keeps it.
const idle = Number(body.dataset.idle);
const idleNotice = document.getElementById("idle");
let lastSign = Date.now(), lastTold = Date.now();
function sign() {
  lastSign = Date.now();
  idleNotice.hidden = true;
  if (lastSign - lastTold < 60000) return;
  lastTold = lastSign;
  fetch("/stay", { method: "POST" }).then((answer) => { if (answer.status === 401) out("idle"); }, () => {});
}
if (signedIn) {
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, sign, { passive: true });
  setInterval(() => {
    const quiet = Date.now() - lastSign;
    idleNotice.hidden = quiet < idle - 120000;
    if (quiet > idle + 5000) out("idle");
  }, 5000);
}
function out(why) {
  if (leaving) return;
  location.replace("/sign-in?why=" + why);
}

// ---- clocks.
function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 3600) return Math.floor(s / 60) + ":" + two(s % 60);
  return Math.floor(s / 3600) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
}
function tick(root) {
  const now = Date.now() + ahead;
  for (const clock of root.querySelectorAll(".clock")) {
    const text = "since" in clock.dataset ? span(now - clock.dataset.since) : span(clock.dataset.until - now);
    if (clock.textContent !== text) clock.textContent = text;
  }
}
setInterval(() => tick(document), 1000);

// ---- new content: only what has changed is put in place, so that nothing a reader holds goes away. What the server
// knows to be as it is here comes as an empty element that says so.
let whole = false; // something is not here that was said to be: all is to come once more
function same(before, after) {
  return before.isEqualNode(after);
}
function put(before, after) {
  if (before.querySelector("details[open]")) after.querySelector("details")?.setAttribute("open", ""); // what a reader has unfolded stays so
  if (same(before, after)) return;
  const held = before.contains(document.activeElement) && document.activeElement;
  before.replaceWith(after);
  if (!held) return;
  const again = held.getAttribute("href") ? [...after.querySelectorAll("a")].find((a) => a.getAttribute("href") === held.getAttribute("href")) : null;
  (again || document.getElementById("main")).focus({ preventScroll: true });
}
function list(before, after) {
  const old = new Map([...before.children].map((child) => [child.dataset.key, child]));
  [...after.children].forEach((child, at) => {
    let there = old.get(child.dataset.key);
    old.delete(child.dataset.key);
    if ("same" in child.dataset) whole ||= !there;
    else if (!there) there = child;
    else if (!same(there, child)) {
      put(there, child);
      there = child;
    }
    if (there && before.children[at] !== there) before.insertBefore(there, before.children[at] || null);
  });
  for (const gone of old.values()) gone.remove();
}
function fill(html, now) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const root = fresh.querySelector("[data-now]");
  if (!root) return;
  ahead = (now || Number(root.dataset.now)) - Date.now();
  tick(document);
  tick(fresh);
  for (const lists of root.querySelectorAll("[data-list]")) {
    const there = document.querySelector(`[data-list="${lists.dataset.list}"]`);
    if (there) list(there, document.importNode(lists, true));
  }
  const keys = new Set();
  for (const part of root.querySelectorAll("[data-key]")) {
    if (part.parentElement.closest("[data-list]")) continue;
    keys.add(part.dataset.key);
    const there = document.querySelector(`[data-key="${CSS.escape(part.dataset.key)}"]`);
    if (there) put(there, document.importNode(part, true));
    else if (part.dataset.key === "none") document.querySelector("[data-list]").before(document.importNode(part, true));
  }
  if (!keys.has("none")) document.querySelector('[data-key="none"]')?.remove();
  announce(root);
}

// ---- what nobody may overlook: the title, a sentence for screen readers, a sound.
let spoken = "";
const own = document.title.slice((strip?.querySelector("[data-before]")?.dataset.before || "").length); // without who waits
function announce(root) {
  if (leaving || !("alarm" in root.dataset)) return; // a case alone says nothing of the others
  document.title = root.dataset.title || root.dataset.before + own;
  const text = root.dataset.spoken || "";
  const place = document.getElementById("spoken");
  if (place && text !== spoken) place.textContent = spoken = text;
  ring(Number(root.dataset.alarm || 0));
}
const soundButton = document.getElementById("sound");
let audio = null, alarm = 0;
function beep(tones = [880, 660]) {
  if (!audio || audio.state !== "running") return;
  tones.forEach((pitch, i) => {
    const tone = audio.createOscillator(), volume = audio.createGain(), start = audio.currentTime + i * 0.25;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.3, start + 0.03);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.22);
  });
}
function ring(cases) {
  if (leaving) return;
  if (cases > alarm) beep();
  alarm = cases;
}
setInterval(() => { if (alarm > 0) beep(); }, 5000);
// Whoever relies on the sound must hear, too, that it cannot come: a low tone every half minute.
let lost = false;
setInterval(() => { if (lost && alarm === 0) beep([220]); }, 30000);
function showSound() {
  if (!soundButton) return;
  const on = Boolean(audio) && audio.state === "running";
  soundButton.setAttribute("aria-pressed", String(on));
  soundButton.textContent = on ? soundButton.dataset.on : soundButton.dataset.off;
}
if (soundButton) {
  soundButton.hidden = false;
  soundButton.addEventListener("click", async () => {
    if (audio && audio.state === "running") await audio.suspend();
    else {
      audio ||= new AudioContext();
      await audio.resume();
      beep();
    }
    localStorage.setItem("sound", audio.state === "running" ? "on" : "off");
    showSound();
  });
}
// A browser lets a page sound only after a touch: whoever wanted the sound gets it back with the first.
if (signedIn && localStorage.getItem("sound") === "on") {
  addEventListener("pointerdown", async (event) => {
    if (audio || leaving || soundButton?.contains(event.target)) return;
    audio = new AudioContext();
    await audio.resume();
    showSound();
  }, { once: true });
}

// ---- the stream of what happened, and what is asked for because of it.
let asking = false, askAgain = false, failures = 0;
function say(text) {
  trouble.textContent = text;
  trouble.hidden = !text;
  lost = Boolean(text);
  const mark = "(?) " + trouble.dataset.title + " · ";
  if (lost && !document.title.startsWith(mark)) document.title = mark + document.title; // fill puts it right again
  const state = document.getElementById("livestate");
  if (state) state.hidden = Boolean(text);
}
async function refresh() {
  if (leaving) return;
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    do {
      askAgain = false;
      const headers = { Accept: "text/html" };
      const have = whole ? "" : [...live.querySelectorAll("[data-mark]")].map((card) => card.dataset.mark).join("");
      if (have) headers["Hotline-Have"] = have;
      whole = false;
      const answer = await fetch(live.dataset.from, { headers, signal: AbortSignal.timeout(10000) });
      if (answer.status === 401) return out("idle");
      if (!answer.ok) throw new Error("status " + answer.status);
      const text = await answer.text();
      if (leaving) return;
      fill(text, Number(answer.headers.get("Hotline-Now"))); // the text itself may be some moments old
      failures = 0;
      say("");
    } while (askAgain || whole);
  } catch {
    if (++failures >= 2) say(trouble.dataset.text);
  } finally {
    asking = false;
  }
}
let missed = 0;
async function look() {
  if (leaving) return;
  try {
    const answer = await fetch(strip.dataset.from, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10000) });
    if (answer.status === 401) return out("idle");
    if (!answer.ok) throw new Error("status " + answer.status);
    const text = await answer.text();
    if (leaving) return;
    fill(text);
    if (!live) say("");
    missed = 0;
  } catch {
    if (++missed >= 2 && !live) say(trouble.dataset.text); // a page that is live says so itself
  }
}
function concerns(event) {
  const news = JSON.parse(event.data);
  return news.all || !live.dataset.case || news.cases.some((id) => "/case/" + id === live.dataset.case);
}
if (live && signedIn) {
  const open = () => {
    if (leaving) return;
    stream = new EventSource("/events");
    stream.addEventListener("changed", (event) => { if (concerns(event)) refresh(); });
    stream.addEventListener("hello", () => refresh());
    stream.addEventListener("out", () => out("idle"));
    stream.addEventListener("error", () => {
      if (stream.readyState !== EventSource.CLOSED) return;
      setTimeout(open, 10000); // refused: there are too many, or the server starts anew
    });
  };
  open();
  // Calls move without an entry in the journal, and a line that has been cut says nothing.
  setInterval(refresh, live.dataset.case ? 10000 : 5000);
  const first = live.querySelector("[data-now]") || live;
  announce(first);
}
if (strip && signedIn) {
  announce(strip.querySelector("[data-now]"));
  setInterval(look, 5000);
}
