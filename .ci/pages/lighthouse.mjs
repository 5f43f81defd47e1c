// Runs Lighthouse for a test: reads what to measure from standard input, a line of JSON each, and writes what Lighthouse
// says of it to standard output, likewise. Ends with its input. The first argument is the path of Chromium; each page is
// measured in a new one, because one that has shown a page before keeps its cookies.
//
//   {"url": "http://…", "cookie": "name=value; …", "form": "mobile" or "desktop"}
//   {"at": "where it ended up", "performance": 0 to 100, "accessibility": 0 to 100, "speed": of this machine,
//    "slowdown": by which it was made a telephone, "findings": ["what costs points", …]}
//   {"trouble": "why it could not tell"}
//
// mobile is Lighthouse's own slow telephone (on slow 4G), on a screen 360 wide; desktop is its own desktop, on a screen
// 1440 wide. Both times are simulated from one quick load, not waited for.
//
// Lighthouse makes a telephone of a fast machine by taking its work for four times as long. A machine that is slow
// itself, or busy, would become a telephone that nobody has, so after each page the next is measured by how fast this
// machine was: as a telephone of half the speed that Chrome's calibration has for a middling one, and never by more
// than four times.
import { createInterface } from "node:readline";
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { throttling } from "lighthouse/core/config/constants.js";

const forms = {
  mobile: { screenEmulation: { mobile: true, width: 360, height: 740, deviceScaleFactor: 3, disabled: false } },
  desktop: { ...desktopConfig.settings, screenEmulation: { mobile: false, width: 1440, height: 900, deviceScaleFactor: 1, disabled: false } },
};

// Chromium's sandbox needs a user of its own, which CI does not give it; and it is to ask nobody for anything.
const chromeFlags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// Of a middling telephone, by Lighthouse's benchmark, Chrome's calibration of its CPU throttling says 1000, and of a poor
// one 264.
const telephone = 500;
let slowdown = 4;

const measure = async ({ url, cookie, form }) => {
  const chrome = await launch({ chromePath: process.argv[2], chromeFlags, logLevel: "silent" });
  try {
    const { lhr } = await lighthouse(url, {
      port: chrome.port, logLevel: "silent", output: "json", onlyCategories: ["performance", "accessibility"],
      extraHeaders: cookie ? { Cookie: cookie } : null,
      // A board that is up to date has a stream that never ends: that it goes quiet need not be waited for.
      maxWaitForLoad: 15000, disableFullPageScreenshot: true,
    }, { extends: "lighthouse:default", settings: form === "mobile" ? { ...forms.mobile, throttling: { ...throttling.mobileSlow4G, cpuSlowdownMultiplier: slowdown } } : forms[form] });
    const speed = lhr.environment.benchmarkIndex;
    const by = slowdown;
    if (speed) slowdown = Math.min(4, Math.max(1, speed / telephone));
    if (lhr.runtimeError) return { trouble: lhr.runtimeError.message };
    return {
      at: lhr.finalDisplayedUrl,
      speed: Math.round(speed),
      slowdown: form === "mobile" ? Math.round(by * 10) / 10 : 1,
      performance: Math.round(lhr.categories.performance.score * 100),
      accessibility: Math.round(lhr.categories.accessibility.score * 100),
      findings: Object.values(lhr.audits)
        .filter((a) => a.score !== null && a.score < 0.9)
        .map((a) => `${a.id} ${a.displayValue ?? ""}`.trim()),
    };
  } finally {
    chrome.kill();
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await measure(JSON.parse(line))));
}
