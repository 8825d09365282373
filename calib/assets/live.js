// The live view of one camera: draws its pictures as they come, and over them what is switched on. When no
// picture comes, or the one that is shown grows old, it says so above everything else.

import { byId, clock, language, loadTexts, logIn, make, named, number, replaceIfChanged, say, write } from "./dom.js";
import { drawBox, drawGrid, drawHistogram, drawWindow } from "./live_draw.js";
import { histogram, keepHeat, paintPeaking, paintZebra } from "./live_pixels.js";
import { parts } from "./live_stream.js";

// The box says something each second.
const LOST_MS = 5000;
// Cameras take at least one picture a second, and of a slow one not each is shown.
const STALE_MS = 3000;
const PAUSE_MS = 1000;
// Where no stream is free.
const POLL_MS = 2000;
// Before a heat map that is not there is asked for again.
const HEAT_MS = 2000;
const KEPT = "live";

const stage = byId("stage");
const canvas = byId("picture");
const context = canvas.getContext("2d", { willReadFrequently: true });
const camera = stage.dataset.camera;
const api = `/api/cameras/${encodeURIComponent(camera)}`;

// What is switched on; a tablet keeps it.
const on = new Set();
// What is shown: the picture, what is known of it and of the camera.
let shown = null;
// The last that came, by the browser's own clock that never jumps.
let heard = null;
// Since when nothing has come: the last that came, or when the page was opened or looked at again.
let since = { at: performance.now(), when: new Date() };
let best = 0;
let frozen = false;
let heat = { path: null, layer: null };
// The heat map that was asked for last, and when.
let asked = { path: null, at: 0 };
let hearing = new AbortController();

const decimals = (value) =>
  value.toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
// How old the picture is that is shown, and how old the camera's newest frame.
const grown = (of) => (of === null ? Infinity : of.age_ms + performance.now() - heard.at);

function draw() {
  if (shown === null || shown.bitmap === null) return;
  const { bitmap, now } = shown;
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  }
  context.drawImage(bitmap, 0, 0);
  let counts = null;
  if (on.has("zebra") || on.has("peaking") || on.has("histogram")) {
    const seen = context.getImageData(0, 0, canvas.width, canvas.height);
    const painted = new ImageData(seen.data.slice(), seen.width);
    counts = histogram(seen);
    if (on.has("peaking")) paintPeaking(seen, painted);
    // Last: light that is lost counts more than an edge.
    if (on.has("zebra")) paintZebra(seen, painted);
    context.putImageData(painted, 0, 0);
  }
  const item = now.last_item;
  if (on.has("heat") && item !== null && heat.layer !== null && heat.path === item.heat_map) {
    context.drawImage(heat.layer, 0, 0, canvas.width, canvas.height);
  }
  if (on.has("grid")) drawGrid(context);
  if (on.has("window")) drawWindow(context);
  if (on.has("box") && item !== null && item.bounds !== null) drawBox(context, item);
  if (on.has("histogram")) drawHistogram(context, counts);
}

// What each overlay means, in words.
function meanings({ window: where, last_item: item }) {
  const found = item === null ? say("live.no_item") : null;
  const number_of = item === null ? {} : { number: item.item };
  const texts = {
    window: () => say("live.window_says",
      { position: number(Math.round(where.position_mm)), tolerance: number(Math.round(where.tolerance_mm)) }),
    box: () => found ?? (item.bounds === null ? say("live.not_found", number_of) : say("live.box_says", number_of)),
    heat: () => found ?? (item.heat_map === null ? say("live.no_heat", number_of) : say("live.heat_says", number_of)),
    peaking: () => say("live.peaking_says"),
    zebra: () => say("live.zebra_says"),
    histogram: () => say("live.histogram_says"),
  };
  return Object.keys(texts).filter((name) => on.has(name)).map((name) => texts[name]());
}

function showFacts() {
  if (shown === null) return;
  const { facts, now } = shown;
  replaceIfChanged(byId("says"), meanings(now), () => meanings(now).map((text) => make("li", "", text)));
  write("frame", facts === null ? "" : say("live.frame_says", {
    number: number(facts.number), width: facts.width_px, height: facts.height_px, ms: number(facts.age_ms),
  }));
  write("saturated", facts === null ? "" : say("live.percent", { percent: number(Math.round(1000 * facts.glare) / 10) }));
  write("window", say("live.window_at", {
    position: number(Math.round(now.window.position_mm)), tolerance: number(Math.round(now.window.tolerance_mm)),
  }));
  const item = now.last_item;
  write("last-item", item === null ? say("live.no_item") : [
    say("item.title", { number: item.item }),
    named("verdict", item.verdict ?? "open"),
    say("live.score", {
      score: decimals(item.score), threshold: decimals(item.threshold),
      p: item.p_value.toLocaleString(language, { maximumSignificantDigits: 2 }),
    }),
    item.offset_mm === null ? null : say("live.offset", { offset: number(Math.round(item.offset_mm)) }),
  ].filter(Boolean).join(" · "));
  for (const id of ["focus", "sharp"]) byId(id).hidden = !on.has("peaking");
  const sharp = facts === null || facts.sharpness === null ? null : Math.round(100 * facts.sharpness);
  if (sharp !== null) best = Math.max(best, sharp);
  write("sharpness", sharp === null ? "–" : String(sharp));
  write("best", sharp === null ? say("live.no_edges") : say("live.best", { best }));
}

// The heat map of the last item, once it is on the disk.
async function loadHeat() {
  const path = shown?.now.last_item?.heat_map ?? null;
  if (!on.has("heat") || path === null || heat.path === path) return;
  if (asked.path === path && performance.now() - asked.at < HEAT_MS) return;
  asked = { path, at: performance.now() };
  const answer = await fetch(`/evidence/${path.split("/").map(encodeURIComponent).join("/")}`);
  if (!answer.ok) return;
  const bitmap = await createImageBitmap(await answer.blob());
  const layer = new OffscreenCanvas(bitmap.width, bitmap.height);
  const inside = layer.getContext("2d");
  inside.drawImage(bitmap, 0, 0);
  const pixels = inside.getImageData(0, 0, bitmap.width, bitmap.height);
  keepHeat(pixels);
  inside.putImageData(pixels, 0, 0);
  heat = { path, layer };
}

function show() {
  draw();
  showFacts();
}

// What came: a picture, or that there is none.
async function take(now, facts, bytes) {
  since = { at: performance.now(), when: new Date() };
  heard = { at: since.at, now, facts };
  if (frozen) return;
  const bitmap = bytes.length === 0 ? null : await createImageBitmap(new Blob([bytes]));
  if (frozen) return;
  shown?.bitmap?.close();
  shown = { bitmap, facts, now };
  await loadHeat().catch(() => null);
  show();
}

function trouble(title, says, told) {
  byId("trouble").hidden = title === null;
  stage.classList.toggle("old", title !== null);
  if (title === null) return;
  write("trouble-title", title);
  write("trouble-says", says);
  write("trouble-told", told ?? "");
}

// Says above everything else when what is shown may be old.
function watch() {
  if (document.hidden) return;
  if (performance.now() - since.at > LOST_MS) {
    hearing.abort();
    trouble(say("overview.lost"), say("overview.lost_says", { time: clock(since.when) }));
  } else if (heard === null) {
    // It has just been asked.
  } else if (heard.now.frame === null) {
    trouble(say("live.none"), say("live.check", { camera }), heard.now.cause);
  } else if (grown(heard.now.frame) > STALE_MS) {
    const seconds = Math.floor(grown(heard.now.frame) / 1000);
    trouble(say("live.stale", { seconds }), say("live.check", { camera }), heard.now.cause);
  } else if (grown(heard.facts) > STALE_MS) {
    // The camera delivers; the box makes pictures for people when it has time.
    trouble(say("live.slow"), say("live.busy"));
  } else {
    trouble(null);
  }
}

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

async function ask(address) {
  const answer = await fetch(address, { cache: "no-store", signal: hearing.signal });
  if (answer.status === 401) logIn();
  return answer;
}

// Asks once, where no stream is to be had.
async function poll() {
  const now = await (await ask(`${api}/frame`)).json();
  const picture = await ask(`${api}/live.jpg`);
  const facts = picture.ok ? JSON.parse(picture.headers.get("x-picture")) : null;
  await take(now, facts, picture.ok ? new Uint8Array(await picture.arrayBuffer()) : new Uint8Array(0));
  await pause(POLL_MS);
}

// Resolves when somebody looks at the page.
function isLookedAt() {
  return new Promise((done) => {
    if (!document.hidden) done();
    else document.addEventListener("visibilitychange", done, { once: true });
  });
}

// Streams end after a while, and with the connection: then there is another one, while somebody looks.
async function listen() {
  for (;;) {
    await isLookedAt();
    hearing = new AbortController();
    try {
      const answer = await ask(`${api}/live.mjpeg`);
      if (answer.ok) {
        for await (const { head, body } of parts(answer.body)) {
          const facts = head.has("x-picture") ? JSON.parse(head.get("x-picture")) : null;
          await take(JSON.parse(head.get("x-camera")), facts, body);
        }
      } else {
        await poll();
      }
    } catch {
      // `watch` says that nothing comes.
      await pause(PAUSE_MS);
    }
  }
}

function remember() {
  try {
    localStorage.setItem(KEPT, JSON.stringify([...on]));
  } catch {
    // A browser that keeps nothing forgets it.
  }
}

function recall() {
  try {
    for (const name of JSON.parse(localStorage.getItem(KEPT)) ?? []) on.add(name);
  } catch {
    // It kept nothing that can be read.
  }
}

function press(button, isOn) {
  button.setAttribute("aria-pressed", isOn);
}

function setSwitches() {
  for (const button of document.querySelectorAll("[data-overlay]")) press(button, on.has(button.dataset.overlay));
}

for (const button of document.querySelectorAll("[data-overlay]")) {
  button.addEventListener("click", async () => {
    const name = button.dataset.overlay;
    if (!on.delete(name)) on.add(name);
    press(button, on.has(name));
    remember();
    show();
    await loadHeat().catch(() => null);
    show();
  });
}
byId("freeze").addEventListener("click", (event) => {
  frozen = !frozen;
  press(event.currentTarget, frozen);
  byId("frozen").hidden = !frozen;
  write("frozen", say("live.frozen", { time: clock(new Date()) }));
});
byId("anew").addEventListener("click", () => {
  best = 0;
  showFacts();
});
byId("full").hidden = !stage.requestFullscreen;
byId("full").addEventListener("click", () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else stage.requestFullscreen();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hearing.abort();
  else [heard, since] = [null, { at: performance.now(), when: new Date() }];
});
document.addEventListener("fullscreenchange", () => press(byId("full"), document.fullscreenElement === stage));

recall();
setSwitches();
await loadTexts();
setInterval(watch, 500);
listen();
