// The overview: listens to /api/live and shows what comes. When nothing comes, or inspectd says nothing
// new, it says so above everything else, and greys out what may be wrong. Items and counts that the box cannot read
// say how old they are where they stand.

import { byId, clock, day, loadTexts, logIn, make, named, number, quote, replaceIfChanged, say, write } from "./dom.js";
import { showDevices } from "./devices.js";
import { showItems, toggleHeat } from "./items.js";

// Beats come each second.
const LOST_MS = 5000;
// inspectd says how it stands at least once a second.
const STALE_MS = 5000;
// Items and counts are read from the records, for which a busy box takes its time.
const UNREAD_MS = 30_000;
// Where no stream is free.
const POLL_MS = 5000;
const PATIENCE_MS = 5000;

let paused = false;
let items = [];
// When anything was heard, by the browser's own clock that never jumps.
let heard = null;
let heardAt = null;
let polls = false;
// How old what is shown is, by when it was told: `at` is the browser's clock.
const ages = { status: { ms: 0, at: 0 }, items: { ms: 0, at: 0 }, today: { ms: 0, at: 0 } };

function banner(look, state, headline) {
  byId("banner").className = `banner ${look}`;
  write("state", state);
  write("headline", headline);
  document.title = `${state} · ${say("page.title")}`;
}

function showProblems(status) {
  const problems = status.problems;
  const unexplained = !status.ready && problems.length === 0;
  byId("problems").hidden = problems.length === 0 && !unexplained;
  const rows = unexplained ? ["unexplained"] : problems;
  replaceIfChanged(byId("problem-list"), rows, () => unexplained
    ? [make("li", "problem", make("strong", "", say("overview.warming")))]
    : problems.map((problem) => make("li", "problem",
      quote("strong", "", problem.what), quote("span", "", problem.remedy), " ",
      make("small", "", say("overview.since", { time: clock(problem.since) })))));
}

function showHolds(holds) {
  byId("holds").hidden = holds.length === 0;
  replaceIfChanged(byId("hold-list"), holds, () => holds.map((hold) => {
    const until = hold.expires_at
      ? say("overview.hold_until", { by: hold.by, time: day(hold.expires_at) })
      : say("overview.hold_by", { by: hold.by });
    return make("li", "problem",
      make("strong", "", hold.lot ? say("overview.hold_lot", hold) : say("overview.hold_sku", hold)),
      quote("span", "", hold.why), " ", make("small", "", until));
  }));
}

function tiles(id, rows) {
  replaceIfChanged(byId(id), rows, () => rows.map(([name, value, look]) =>
    make("div", `tile ${value ? look : ""}`, make("dt", "", named("count", name)), make("dd", "", number(value)))));
}

function sum(counts) {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

function showCounts(counts) {
  tiles("counts", [
    ["entered", counts.entered, ""],
    ["passed", counts.passed, ""],
    ["diverted", counts.diverted, ""],
    ["uninspected", sum(counts.uninspected), "warn"],
    ["lost", counts.lost, "warn"],
    ["wrong_lane", counts.wrong_lane, "bad"],
    ["ambiguous", counts.ambiguous, "bad"],
    ["unnumbered", sum(counts.unnumbered), "bad"],
  ]);
  const causes = [...Object.entries(counts.uninspected), ...Object.entries(counts.unnumbered)];
  causes.sort((a, b) => b[1] - a[1]);
  replaceIfChanged(byId("causes"), causes, () =>
    causes.map(([cause, count]) => quote("li", "", `${number(count)} × ${cause}`)));
}

function showStatus(status) {
  const count = status.problems.length;
  const those = count === 1 ? say("overview.with_problem") : say("overview.with_problems", { count });
  if (!status.ready) banner("bad", say("overview.not_inspecting"), say("overview.fall_back"));
  else if (count > 0) banner("warn", say("overview.inspecting"), those);
  else banner("good", say("overview.inspecting"), "");
  write("line", status.line);
  write("sku", status.sku ?? say("overview.any_product"));
  write("version", say("page.version", { version: status.version }));
  showProblems(status);
  showHolds(status.holds);
  showCounts(status.items);
  showDevices(status);
}

function bar(className, x, width, height, most) {
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const scaled = most > 0 ? 60 * height / most : 0;
  const places = { x, width, y: 60 - scaled, height: scaled, class: className };
  for (const [name, value] of Object.entries(places)) rect.setAttribute(name, value);
  return rect;
}

function showRates(minutes) {
  const total = (name) => minutes.reduce((all, minute) => all + minute[name], 0);
  // The minute that runs is not whole.
  const recent = minutes.slice(-6, -1);
  const mean = recent.length ? recent.reduce((all, minute) => all + minute.entered, 0) / recent.length : 0;
  write("rate", say("overview.rate", { count: mean.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) }));
  const places = {
    entered: number(total("entered")), diverted: number(total("diverted")), uninspected: number(total("uninspected")),
  };
  const words = say("overview.rate_chart", places);
  write("chart-says", words);
  const chart = byId("chart");
  chart.setAttribute("aria-label", words);
  const most = Math.max(1, ...minutes.map((minute) => minute.entered));
  const width = 240 / Math.max(1, minutes.length);
  replaceIfChanged(chart, minutes, () => minutes.flatMap((minute, place) => [
    bar("entered", place * width, width - 1, minute.entered, most),
    bar("diverted", place * width, width - 1, minute.diverted, most),
  ]));
}

function showToday(today) {
  // Nobody knows when the day began.
  const isTold = today.since !== null;
  byId("no-day").hidden = isTold;
  byId("today").hidden = !isTold;
  byId("day").hidden = !isTold;
  if (!isTold) return;
  tiles("today", [
    ["entered", today.entered, ""],
    ["passed", today.passed, ""],
    ["diverted", today.diverted, ""],
    ["uninspected", today.uninspected, "warn"],
    ["unnumbered", today.unnumbered, "bad"],
  ]);
  const reasons = Object.entries(today.diverts_by_reason).sort((a, b) => b[1] - a[1]);
  byId("no-diverts").hidden = reasons.length > 0;
  const most = Math.max(1, ...reasons.map(([, count]) => count));
  replaceIfChanged(byId("reasons"), reasons, () => reasons.flatMap(([reason, count]) => {
    const fill = make("div", "fill over");
    fill.style.width = `${100 * count / most}%`;
    return [make("dt", "", named("reason", reason)), make("dd", "", make("span", "", number(count)), fill)];
  }));
  showRates(today.last_hour);
}

function hear() {
  heard = performance.now();
  heardAt = new Date();
}

function receive(name, data) {
  hear();
  if (name === "status") showStatus(data);
  if (name === "today") showToday(data);
  if (name === "items") {
    items = data;
    if (!paused) showItems(items);
  }
}

function tellAge(name, ms) {
  ages[name] = { ms, at: performance.now() };
}

// Words about something that stands on the page and may be old.
function watchAge(name, element, text) {
  const isOld = ages[name].ms > UNREAD_MS;
  byId(element).hidden = !isOld;
  // In tens: a screen reader reads out each new text.
  if (isOld) write(element, text(number(10 * Math.floor(ages[name].ms / 10_000))));
}

// Says above everything else when what is shown may be old.
function watch() {
  const silent = heard === null || performance.now() - heard > LOST_MS + (polls ? POLL_MS + PATIENCE_MS : 0);
  const age = ages.status.ms;
  const stale = !silent && age > STALE_MS;
  byId("trouble").hidden = !((silent && heard !== null) || stale);
  byId("shown").classList.toggle("old", silent || stale);
  if (heard === null) return;
  watchAge("items", "items-old", (seconds) => say("overview.items_old", { seconds }));
  watchAge("today", "today-old", (seconds) => say("overview.today_old", { seconds }));
  if (silent) {
    write("trouble-title", say("overview.lost"));
    write("trouble-says", say("overview.lost_says", { time: clock(heardAt) }));
    banner("bad", say("overview.lost"), "");
  } else if (stale) {
    write("trouble-title", say("overview.stale"));
    write("trouble-says", say("overview.stale_says", { seconds: Math.round(age / 1000) }));
  }
}

async function ask(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.status === 401) logIn();
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

// Asks once, where no stream is to be had; then tries a stream again. What is not answered grows older.
async function poll() {
  polls = true;
  write("polling", say("overview.polling", { seconds: POLL_MS / 1000 }));
  await Promise.all(["status", "items", "today"].map(async (name) => {
    try {
      const answer = await ask(`/api/${name}`);
      receive(name, answer);
      tellAge(name, name === "status" ? answer.age_ms : 0);
    } catch {
      const { ms, at } = ages[name];
      tellAge(name, ms + performance.now() - at);
    }
  }));
  setTimeout(listen, POLL_MS);
}

function listen() {
  const live = new EventSource("/api/live");
  for (const name of ["status", "items", "today"]) {
    live.addEventListener(name, (event) => receive(name, JSON.parse(event.data)));
  }
  live.addEventListener("beat", (event) => {
    hear();
    polls = false;
    const beat = JSON.parse(event.data);
    tellAge("status", beat.age_ms);
    tellAge("items", beat.items_age_ms);
    tellAge("today", beat.today_age_ms);
    write("polling", "");
  });
  live.addEventListener("end", logIn);
  live.addEventListener("error", () => {
    // The browser tries again by itself, unless it was refused.
    if (live.readyState === EventSource.CLOSED) poll();
  });
}

byId("heat").addEventListener("click", (event) => {
  event.currentTarget.setAttribute("aria-pressed", toggleHeat());
});
byId("pause").addEventListener("click", (event) => {
  paused = !paused;
  event.currentTarget.setAttribute("aria-pressed", paused);
  byId("paused").hidden = !paused;
  if (!paused) showItems(items);
});

await loadTexts();
listen();
setInterval(watch, 500);
