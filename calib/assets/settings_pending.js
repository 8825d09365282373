// What somebody has changed and not saved yet. It stays in this browser, from page to page, without a network and
// after a log-in, until it is saved or discarded: each key with the value that was seen and the one that is wanted,
// and the revision of the file that was seen.

import { byId } from "./dom.js";

const bar = byId("pending");
const PLACE = `settings:${bar.dataset.person}`;

export const csrf = bar.dataset.csrf;
export const mayChange = bar.dataset.may === "true";

const NONE = { revision: "", reason: "", changes: [] };

let state = read();
const listeners = [];

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE));
    return Array.isArray(kept?.changes) ? { ...NONE, ...kept } : { ...NONE, changes: [] };
  } catch {
    return { ...NONE, changes: [] };
  }
}

function keep(next) {
  state = next;
  try {
    if (state.changes.length > 0) localStorage.setItem(PLACE, JSON.stringify(state));
    else localStorage.removeItem(PLACE);
  } catch {
    // A browser that may keep nothing still has it on this very page.
  }
  listeners.forEach((listener) => listener());
}

// Another tab of this browser changes the same things.
addEventListener("storage", (event) => {
  if (event.key !== PLACE) return;
  state = read();
  listeners.forEach((listener) => listener());
});

export const onChange = (listener) => listeners.push(listener);
export const changes = () => state.changes;
export const revision = () => state.revision;
export const reason = () => state.reason;
export const find = (key) => state.changes.find((change) => change.key === key);

export const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

export const isWithin = (key, table) => key === table || key.startsWith(`${table}.`);

// Wants `value` for a key that says `before` in the file of that revision.
export function want(key, value, before, seen) {
  const others = state.changes.filter((change) => change.key !== key);
  const isChange = !same(value, before);
  const now = isChange ? [...others, { key, value: value ?? null, before: before ?? null }] : others;
  keep({ ...state, revision: state.changes.length > 0 ? state.revision : seen, changes: now });
}

// Takes back what is wanted of a key, or of a table and all within it.
export function takeBack(key) {
  keep({ ...state, changes: state.changes.filter((change) => !isWithin(change.key, key)) });
}

const lastNumber = (at) => (/\.\d+$/.test(at) ? Number(at.split(".").at(-1)) : null);
const baseOf = (at) => at.split(".").slice(0, -1).join(".");
const isTable = (change) => change.value !== null && typeof change.value === "object" && !Array.isArray(change.value);

// Gives tables other places: a map from the old to the new.
function move(changes, places) {
  const moved = (key) => {
    const at = [...places.keys()].find((old) => isWithin(key, old));
    return at === undefined ? key : places.get(at) + key.slice(at.length);
  };
  return changes.map((change) => ({ ...change, key: moved(change.key) }));
}

// Takes back a table that was to be added; those that were to be added after it move up.
export function takeBackAdded(at) {
  takeBack(at);
  const number = lastNumber(at);
  if (number === null) return;
  const added = state.changes.filter(isTable).map((change) => change.key);
  const later = added.filter((key) => baseOf(key) === baseOf(at) && lastNumber(key) > number);
  const places = new Map(later.map((key) => [key, `${baseOf(at)}.${lastNumber(key) - 1}`]));
  keep({ ...state, changes: move(state.changes, places) });
}

// What was to be added goes after what the present file has.
function placesAfter(tables) {
  const places = new Map();
  const next = new Map();
  const added = state.changes.filter((change) => isTable(change) && lastNumber(change.key) !== null);
  for (const { key } of added.sort((one, other) => lastNumber(one.key) - lastNumber(other.key))) {
    const base = baseOf(key);
    const there = [...tables].filter((at) => baseOf(at) === base && lastNumber(at) !== null).length;
    const number = next.get(base) ?? there;
    places.set(key, `${base}.${number}`);
    next.set(base, number + 1);
  }
  return places;
}

export const discard = () => keep({ ...NONE, changes: [] });

export const writeReason = (text) => keep({ ...state, reason: text });

// The file is another one: what it says already is no change any more, and what was seen is what it says now.
export function takeOver(settings) {
  const tables = new Set(settings.sections.flatMap((section) => section.present.map((table) => table.at)));
  const written = new Map(settings.sections.flatMap((section) => section.present).flatMap((table) =>
    Object.entries(table.values).map(([name, value]) => [`${table.at}.${name}`, value])));
  const before = (change) => (isTable(change) || tables.has(change.key) ? change.before : written.get(change.key) ?? null);
  const wanted = move(state.changes, placesAfter(tables))
    .map((change) => ({ ...change, before: before(change) }))
    .filter((change) => !same(change.value, change.before) && !(isTable(change) && tables.has(change.key)));
  keep({ ...state, revision: settings.revision, changes: wanted });
}

// What the box gets.
export const wanted = () => JSON.stringify(state.changes.map(({ key, value }) => ({ key, value })));
