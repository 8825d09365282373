"use strict";
// Asks /api/status and /api/items once a second and shows the answers. Text from the box is set as
// text, never as markup: a SKU or a cause may hold anything.

const PERIOD_MS = 1000;
const PATIENCE_MS = 5000;
const ITEMS = 24;

const byId = (id) => document.getElementById(id);
let heat = false;
let paused = false;

// An element with a class and children; strings become text.
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Writes only what changed, so that screen readers are not told the same thing each second.
function say(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function replaceIfChanged(element, data, build) {
  const key = JSON.stringify(data);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...build());
}

async function ask(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
}

const number = (value) => value.toLocaleString("en");
const clock = (time) => new Date(time).toLocaleTimeString("en-GB");

// ---- the state of the box ----

function banner(look, state, headline) {
  byId("banner").className = `banner ${look}`;
  say("state", state);
  say("headline", headline);
  document.title = `${state} · inspectd`;
}

function showProblems(problems) {
  const section = byId("problems");
  section.hidden = problems.length === 0;
  replaceIfChanged(section, problems, () => problems.map((problem) =>
    make("div", "problem",
      make("strong", "", problem.what),
      `${problem.remedy} `,
      problem.since ? make("small", "", `since ${clock(problem.since)}`) : null)));
}

function showHolds(holds) {
  const section = byId("holds");
  section.hidden = holds.length === 0;
  replaceIfChanged(section, holds, () => holds.map((hold) =>
    make("div", "problem",
      make("strong", "", hold.lot ? `Lot ${hold.lot} of ${hold.sku} is on hold` : `${hold.sku} is on hold`),
      `${hold.why} `,
      make("small", "", `set by ${hold.by}` + (hold.expires_at ? `, until ${new Date(hold.expires_at).toLocaleString("en-GB")}` : "")))));
}

function showStatus(status) {
  const count = status.problems.length;
  const those = count === 1 ? "1 problem" : `${count} problems`;
  if (!status.ready) banner("bad", "Not inspecting", "Items get the fall-back until this is solved");
  else if (count > 0) banner("warn", "Inspecting", `with ${those}`);
  else banner("good", "Inspecting", "");
  const unexplained = { what: "inspectd is not ready", remedy: "It may be warming up. If this stays for a minute, read its log: journalctl -u inspectd" };
  showProblems(!status.ready && count === 0 ? [unexplained] : status.problems);
  showHolds(status.holds);
  say("line", status.line);
  say("sku", status.sku ?? "any product");
  say("version", `inspectd ${status.version}`);
  showCounts(status.items);
  showDevices(status);
}

function showCounts(items) {
  const causes = Object.entries(items.uninspected);
  const uninspected = causes.reduce((sum, [, n]) => sum + n, 0);
  const tiles = [
    ["Entered", items.entered, ""],
    ["Passed", items.passed, ""],
    ["Diverted", items.diverted, ""],
    ["Not inspected", uninspected, uninspected ? "warn" : ""],
    ["Lost", items.lost, items.lost ? "warn" : ""],
    ["Wrong lane", items.wrong_lane, items.wrong_lane ? "bad" : ""],
    ["Ambiguous", items.ambiguous, items.ambiguous ? "bad" : ""],
  ];
  replaceIfChanged(byId("counts"), tiles, () => tiles.map(([name, value, look]) =>
    make("div", `tile ${look}`, make("dt", "", name), make("dd", "", number(value)))));
  causes.sort((a, b) => b[1] - a[1]);
  const text = causes.map(([cause, n]) => `${number(n)} × ${cause}`).join(" · ");
  say("causes", text && `Not inspected: ${text}`);
}

function device(name, look, state, ...details) {
  return { name, look, state, details: details.filter(Boolean) };
}

function devices(status) {
  const cameras = status.cameras.map((camera) => {
    const { received, dropped, late, errors, reconnects } = camera.counters;
    const mishaps = [[dropped, "dropped"], [late, "late"], [errors, "errors"], [reconnects, "reopened"]]
      .filter(([n]) => n > 0).map(([n, what]) => `${what} ${number(n)}`).join(", ");
    const looks = { starting: "warn", streaming: "good", down: "bad" };
    const states = { starting: "starting", streaming: `${camera.fps.toFixed(1)} fps`, down: "down" };
    return device(`Camera ${camera.name}`, looks[camera.state], states[camera.state], camera.cause,
      `${number(received)} pictures, ${mishaps || "none dropped"}`);
  });
  const plc = { connected: ["good", "connected"], lost: ["bad", "lost"], unknown: ["warn", "unknown"] }[status.plc.state];
  const bridge = status.bridge.connected ? ["good", "connected"] : ["bad", "not connected"];
  const fleet = status.fleet;
  const link = !fleet.configured ? ["", "not configured"] : fleet.connected ? ["good", "connected"] : ["warn", "offline"];
  const store = status.store.state === "ok" ? ["good", "writing"] : ["bad", "failing"];
  return [
    ...cameras,
    device("PLC", ...plc, status.plc.cause),
    device("plc-bridge", ...bridge),
    device("Fleet", ...link, fleet.problem,
      fleet.configured && `${number(fleet.owed)} owed, ${number(fleet.acknowledged)} acknowledged`),
    device("Records", ...store, status.store.cause),
    device("Pictures", ...(status.evidence.state === "ok" ? ["good", "kept"] : ["warn", "not kept"]), status.evidence.cause),
    device("Clock", ...(status.clock.state === "trusted" ? ["good", "trusted"] : ["warn", "doubted"]), status.clock.cause),
    device("Model", ...(status.engine ? ["good", "loaded"] : ["warn", "not loaded"]), status.engine),
  ];
}

function showDevices(status) {
  const tiles = devices(status);
  replaceIfChanged(byId("devices"), tiles, () => tiles.map(({ name, look, state, details }) =>
    make("li", `tile ${look}`, make("h3", "", name), make("p", "state", state),
      ...details.map((detail) => make("p", "", detail)))));
}

// ---- items ----

const VERDICTS = { pass: "✔ pass", divert: "✖ divert", uninspected: "▲ not inspected" };

function scoreBar(view) {
  if (view.score === null || !view.threshold) return null;
  const over = view.score > view.threshold;
  const fill = make("div", over ? "fill over" : "fill");
  fill.style.width = `${Math.min(100, Math.max(1, 50 * view.score / view.threshold))}%`;
  const compared = `${view.score.toPrecision(3)} ${over ? ">" : "≤"} ${view.threshold.toPrecision(3)}`;
  const value = make("span", over ? "over" : "", compared);
  value.title = "score and limit";
  return [
    make("div", "label", make("span", "", view.camera), value),
    make("div", "track", fill),
  ];
}

function showView(item, view) {
  const path = (heat && view.heat_map) || view.picture;
  const none = view.not_kept ? `no picture kept: ${view.not_kept}` : view.problem || "no picture";
  let picture = make("div", "none", none);
  if (path) {
    const address = `/evidence/${path.split("/").map(encodeURIComponent).join("/")}`;
    const image = make("img", "");
    image.src = address;
    image.loading = "lazy";
    image.alt = `${view.camera} view of item ${item.item}${path === view.heat_map ? ", heat map" : ""}`;
    // Retention removes old pictures under a page that stays open.
    image.addEventListener("error", () => link.replaceWith(make("div", "none", "picture no longer kept")));
    const link = make("a", "", image);
    link.href = address;
    link.target = "_blank";
    picture = link;
  }
  const below = scoreBar(view) || [`${view.camera}: ${view.problem || (view.is_hidden ? "its tote hides it" : "not scored")}`];
  return make("div", "view", picture, make("div", "score", ...below));
}

function showItem(item) {
  const verdict = VERDICTS[item.verdict] || "… on the belt";
  const route = [
    item.sku ?? (item.verdict && "nobody knows what it is"),
    item.familiarity && `looks: ${item.familiarity}`,
    item.tote && `tote: ${item.tote}`,
    item.reasons.length && `reason: ${item.reasons.join(", ")}`,
    item.decision && `decided: ${item.decision}`,
    item.outcome && `outcome: ${item.outcome}`,
    item.ms !== null && `${item.ms.toFixed(0)} ms`,
  ].filter(Boolean).join(" · ");
  return [
    make("header", "", make("h3", "", `Item ${item.item}`), make("span", "when", clock(item.entered_at)),
      make("span", "verdict", verdict)),
    make("div", "views", ...item.views.map((view) => showView(item, view))),
    make("div", "facts", ...item.words.map((words) => make("p", "words", words)), make("p", "route", route)),
  ];
}

// Cards stay in place as elements, so that pictures do not flicker and focus is not lost.
function showItems(items) {
  byId("empty").hidden = items.length > 0;
  const list = byId("items");
  const old = new Map([...list.children].map((card) => [card.id, card]));
  const cards = items.map((item) => {
    const id = `item-${item.boot}-${item.item}`;
    const card = old.get(id) || make("li", "");
    card.id = id;
    card.className = `item ${item.verdict || ""}`;
    replaceIfChanged(card, [item, heat], () => showItem(item));
    old.delete(id);
    return card;
  });
  for (const card of old.values()) card.remove();
  cards.forEach((card, place) => {
    if (list.children[place] !== card) list.insertBefore(card, list.children[place] || null);
  });
}

// ---- the loop ----

let last = [];

async function refresh() {
  try {
    showStatus(await ask("/api/status"));
  } catch (error) {
    banner("bad", "No answer", "The page cannot reach inspectd; what is below may be old");
    showProblems([{ what: `inspectd does not answer (${error.message})`, remedy: "Check that the box has power and network, then on the box: systemctl status inspectd" }]);
    return;
  }
  try {
    last = await ask(`/api/items?limit=${ITEMS}`);
    showItems(last);
  } catch (error) {
    say("empty", error.message);
    byId("empty").hidden = false;
  }
}

async function loop() {
  if (!paused && !document.hidden) await refresh();
  setTimeout(loop, PERIOD_MS);
}

function toggleHeat() {
  heat = !heat;
  byId("heat").setAttribute("aria-pressed", heat);
  showItems(last);
}

function togglePause() {
  paused = !paused;
  byId("pause").setAttribute("aria-pressed", paused);
}

byId("heat").addEventListener("click", toggleHeat);
byId("pause").addEventListener("click", togglePause);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "h") toggleHeat();
  if (event.key === "p") togglePause();
});
loop();
