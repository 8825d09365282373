// Thresholds: the slider moves over the budgets that the box has worked out, and shows what each would do.

import "./forms.js";
import { byId, loadTexts, make, number, say, language } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 280;
const HEIGHT = 100;

let told = null;

const percent = (share) => new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 2 }).format(share);
const few = (value) => new Intl.NumberFormat(language, { maximumSignificantDigits: 2 }).format(value);

function card(title, ...lines) {
  return make("div", "card", make("h3", "", title), ...lines.map((line) => make("p", "", line)));
}

// A share as people read it: so many of so many, and what is likely.
const places = (of) => ({ count: number(of.count), of: number(of.of), least: percent(of.least), most: percent(of.most) });

// How many an hour, if a share of so many an hour is of the kind.
function hourly(of, perHour) {
  const [least, most] = [of.least * perHour, of.most * perHour].map(few);
  return say("thresholds.hourly", { count: few((of.count / of.of) * perHour), least, most });
}

function cards(stop) {
  const anHour = (count) => (told.hours > 0 ? count / told.hours : 0);
  const perHour = anHour(told.recent);
  const above = anHour(stop.diverted.count);
  const good = stop.good_above;
  const damaged = stop.damaged_below;
  return [
    card(say("thresholds.false_diverts"),
      say("thresholds.bound", { count: few(stop.budget * perHour), rate: few(perHour) }),
      ...(good.of ? [say("thresholds.share_good", places(good)), hourly(good, above)] : [say("thresholds.no_good")])),
    card(say("thresholds.misses"),
      ...(damaged.of ? [say("thresholds.share_damaged", places(damaged)), hourly(damaged, perHour - above)] : [say("thresholds.no_damaged")])),
    card(say("thresholds.recent"), stop.diverted.of ? say("thresholds.share", places(stop.diverted)) : say("thresholds.none")),
    card(say("thresholds.today"),
      say("thresholds.newly_diverted", { count: number(stop.newly_diverted) }),
      say("thresholds.newly_passed", { count: number(stop.newly_passed) })),
  ];
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Bars stand on the square root of their count: one damaged item is seen beside a thousand good ones.
function histogram(stop) {
  const bars = told.histogram;
  const tallest = Math.max(1, ...bars.map((kinds) => Math.sqrt(kinds.reduce((sum, count) => sum + count, 0))));
  const width = WIDTH / bars.length;
  const shapes = bars.flatMap((kinds, at) => {
    const all = kinds.reduce((sum, count) => sum + count, 0);
    const height = (Math.sqrt(all) / tallest) * HEIGHT;
    let from = HEIGHT;
    return kinds.map((count, kind) => {
      const part = all ? (count / all) * height : 0;
      from -= part;
      return shape("rect", { class: ["unknown", "good", "damaged"][kind], x: at * width, y: from, width: width * 0.9, height: part });
    });
  });
  const x = Math.min(WIDTH - 1, (stop.limit / told.bar) * width);
  shapes.push(shape("rect", { class: "limit", x: x - 0.7, y: 0, width: 1.4, height: HEIGHT }));
  byId("histogram").replaceChildren(...shapes);
  byId("histogram").setAttribute("aria-label", say("thresholds.histogram_label", { count: number(stop.diverted.count), of: number(stop.diverted.of) }));
}

function picture(place) {
  const item = told.items[place];
  const views = item.views.filter((view) => view.score !== null && (view.heat_map || view.picture));
  const view = views.sort((one, other) => other.score - one.score)[0];
  const link = make("a", "button", say("item.title", { number: item.item }));
  link.href = `/history/${encodeURIComponent(item.boot)}/${item.item}`;
  if (!view) return make("li", "", link);
  const image = make("img", "");
  image.loading = "lazy";
  image.src = `/evidence/${(view.heat_map ?? view.picture).split("/").map(encodeURIComponent).join("/")}`;
  image.alt = say("item.heat_map", { camera: view.camera, number: item.item });
  return make("li", "", image, link);
}

function show() {
  const at = Number(byId("slider").value);
  const stop = told.stops[at];
  const words = say("thresholds.at_most", { percent: percent(stop.budget) });
  byId("budget").textContent = at === told.present ? say("thresholds.in_force", { words }) : words;
  byId("slider").setAttribute("aria-valuetext", byId("budget").textContent);
  byId("told").replaceChildren(...cards(stop));
  histogram(stop);
  byId("below").replaceChildren(...stop.below.map(picture));
  byId("above").replaceChildren(...stop.above.map(picture));
  const chosen = byId("chosen");
  if (chosen) {
    chosen.value = String(stop.budget);
    byId("save").disabled = at === told.present;
  }
}

function move(by) {
  const slider = byId("slider");
  slider.value = String(Number(slider.value) + by);
  show();
}

await loadTexts();
try {
  const answer = await fetch("/api/thresholds", { cache: "no-store" });
  if (!answer.ok) throw new Error(await answer.text());
  told = await answer.json();
  const slider = byId("slider");
  slider.max = String(told.stops.length - 1);
  slider.value = String(told.present);
  slider.disabled = false;
  slider.addEventListener("input", show);
  byId("less").addEventListener("click", () => move(-1));
  byId("more").addEventListener("click", () => move(1));
  byId("reset").addEventListener("click", () => move(told.present - Number(slider.value)));
  show();
} catch (error) {
  byId("trouble").hidden = false;
  byId("trouble").textContent = say("thresholds.unread");
  console.warn(error);
}
