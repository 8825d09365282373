// The forms of one section and of those within it: a card for each table. What somebody writes is pending at once, and is
// checked by the box a moment later; the words about a mistake stand at its field.

import { byId, make, say } from "./dom.js";
import { ask, check, showBar, startBar, trouble } from "./settings_bar.js";
import { field, prose } from "./settings_field.js";
import * as pending from "./settings_pending.js";
import { isWithin } from "./settings_places.js";

const CHECK_AFTER_MS = 500;
const RETRY_MS = 3000;

const forms = byId("forms");
const top = forms.dataset.section;

let settings = null;
let fields = [];
let cards = [];
let timer = 0;

const parentOf = (name) => name.split(".").slice(0, -1).join(".");
const lastOf = (name) => name.split(".").at(-1);
const isAdded = (section) => section.repeated || (!section.required && section.keys.some((key) => key.required));
const isWanted = (at) => pending.changes().some((change) => change.value !== null && isWithin(change.key, at));

const isKept = (table) => table.exists && pending.find(table.at)?.value !== null;

// The numbers of the tables of a repeated section: those that are written, and those that are wanted.
function numbers(section, base) {
  const start = `${base}.`;
  const places = [...section.present.map((table) => table.at), ...pending.changes().map((change) => change.key)];
  const found = places.filter((at) => at.startsWith(start)).map((at) => Number.parseInt(at.slice(start.length), 10));
  return [...new Set(found)].filter(Number.isInteger).sort((a, b) => a - b);
}

// Where a section has its tables, each with where it would be added.
function tables(section) {
  const parent = settings.sections.find((one) => one.name === parentOf(section.name));
  const parents = parent ? tables(parent).filter(isKept).map((table) => `${table.at}.`) : [""];
  return parents.flatMap((before) => {
    const base = before + lastOf(section.name);
    if (section.repeated) return numbers(section, base).map((place) => ({ at: `${base}.${place}`, exists: true }));
    const exists = !isAdded(section) || section.present.some((table) => table.at === base) || isWanted(base);
    return [{ at: base, exists }];
  });
}

// Where a repeated section goes on.
function nextPlaces(section) {
  const parent = settings.sections.find((one) => one.name === parentOf(section.name));
  const parents = parent ? tables(parent).filter(isKept).map((table) => `${table.at}.`) : [""];
  return parents.map((before) => {
    const base = before + lastOf(section.name);
    const used = numbers(section, base);
    return used.length < (section.most ?? 64) ? `${base}.${(used.at(-1) ?? -1) + 1}` : null;
  }).filter((at) => at !== null);
}

function button(text, className, act) {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", act);
  return element;
}

const heading = (at) => at.split(".").map((part) => (/^\d+$/.test(part) ? ` ${Number(part) + 1}` : `.${part}`)).join("").slice(1);

function card(section, { at, exists }) {
  const written = section.present.find((table) => table.at === at);
  const element = make("section", "card", make("h2", "", make("code", "", heading(at))), prose("p", "hint", section.about));
  const mistake = make("p", "said bad");
  mistake.hidden = true;
  mistake.lang = "en";
  element.id = at;
  element.tabIndex = -1;
  element.append(mistake);
  cards.push({ at, mistake });
  if (!exists) {
    element.append(make("p", "", say("settings.absent")));
    if (pending.mayChange) element.append(button(say("settings.add", { name: at }), "", () => change(at, {}, at)));
    return element;
  }
  if (pending.find(at)?.value === null) {
    element.append(make("p", "said", say("settings.goes")), button(say("settings.take_back"), "", () => takeBack(at)));
    return element;
  }
  for (const key of section.keys) {
    const one = field(key, `${at}.${key.name}`, written?.values[key.name] ?? null, checkSoon);
    fields.push(one);
    element.append(one.element);
  }
  if (pending.mayChange && isAdded(section)) {
    element.append(written ? button(say("settings.remove", { name: heading(at) }), "bad", () => change(at, null, at))
      : button(say("settings.take_back"), "", () => takeBack(at)));
  }
  return element;
}

function change(at, value, focus) {
  // What was wanted within a table that goes is of no use; a table that is not there is `null` before.
  if (value === null) pending.takeBack(at);
  pending.want(at, value, value === null ? {} : null);
  draw();
  byId(focus)?.querySelector("input, select, textarea, button")?.focus();
  checkSoon();
}

function takeBack(at) {
  const isAddition = pending.find(at)?.value !== null;
  if (isAddition) pending.takeBackAdded(at);
  else pending.takeBack(at);
  draw();
  (byId(at) ?? forms).querySelector("input, select, textarea, button, a")?.focus();
  checkSoon();
}

function draw() {
  fields = [];
  cards = [];
  const group = settings.sections.filter((section) => section.name === top || section.name.startsWith(`${top}.`));
  const built = group.flatMap((section) => {
    const shown = tables(section).map((table) => card(section, table));
    if (!section.repeated || !pending.mayChange) return shown;
    const more = nextPlaces(section).map((at) => button(say("settings.add", { name: heading(at) }), "add", () => change(at, {}, at)));
    return [...shown, ...more];
  });
  const places = built.filter((one) => one.id !== "");
  const jump = make("nav", "row", ...places.map((one) => {
    const link = make("a", "button", heading(one.id));
    link.href = `#${one.id}`;
    return link;
  }));
  jump.setAttribute("aria-label", say("settings.sections"));
  jump.hidden = places.length < 2;
  forms.replaceChildren(jump, ...built);
  lock();
}

// While what is pending was wanted of another file, nothing is added to it: the bar says what to do.
function lock() {
  forms.inert = pending.isOfAnotherFile();
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(checkNow, CHECK_AFTER_MS);
}

async function checkNow() {
  if (pending.changes().length === 0) {
    mark([]);
    trouble({ kind: "good" });
    return;
  }
  const answer = await check();
  if (answer.kind === "good") mark(answer.said.mistakes);
  if (answer.kind === "lost") timer = setTimeout(checkNow, RETRY_MS);
}

// Puts each mistake at its field, or at the table in which something is missing.
function mark(mistakes) {
  for (const one of fields) one.wrong(mistakes.filter((mistake) => mistake.at === one.id || mistake.at.startsWith(`${one.id}.`)));
  for (const one of cards) {
    const found = mistakes.filter((mistake) => mistake.at === one.at);
    one.mistake.hidden = found.length === 0;
    one.mistake.textContent = found.map((mistake) => `${mistake.problem}; ${mistake.instead}`).join("\n");
  }
}

async function load() {
  const answer = await ask("/api/settings");
  if (answer.kind !== "good") {
    trouble(answer);
    byId("pending").hidden = false;
    setTimeout(load, RETRY_MS);
    return;
  }
  settings = answer.said;
  pending.show(settings);
  draw();
  showBar();
  mark(settings.mistakes);
  if (pending.changes().length > 0 && pending.mayChange) checkNow();
  // The place that the address names is there only now.
  const place = decodeURIComponent(location.hash.slice(1));
  byId(place)?.focus();
  byId(place)?.scrollIntoView({ block: "center" });
}

await startBar();
await load();
// Another tab may have seen a newer file.
pending.onChange(() => (pending.isOfAnotherFile() && !forms.inert ? load() : lock()));
