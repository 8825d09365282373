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
  if (state.changes.length > 0) localStorage.setItem(PLACE, JSON.stringify(state));
  else localStorage.removeItem(PLACE);
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

export const discard = () => keep({ ...NONE, changes: [] });

export const writeReason = (text) => keep({ ...state, reason: text });

// The file is another one: what it says already is no change any more, and what was seen is what it says now.
export function takeOver(settings) {
  const tables = new Set(settings.sections.flatMap((section) => section.present.map((table) => table.at)));
  const written = new Map(settings.sections.flatMap((section) => section.present).flatMap((table) =>
    Object.entries(table.values).map(([name, value]) => [`${table.at}.${name}`, value])));
  const isTable = (change) => change.value !== null && typeof change.value === "object" && !Array.isArray(change.value);
  const before = (change) => (isTable(change) || tables.has(change.key) ? change.before : written.get(change.key) ?? null);
  const wanted = state.changes
    .map((change) => ({ ...change, before: before(change) }))
    .filter((change) => !same(change.value, change.before) && !(isTable(change) && tables.has(change.key)));
  keep({ ...state, revision: settings.revision, changes: wanted });
}

// What the box gets.
export const wanted = () => JSON.stringify(state.changes.map(({ key, value }) => ({ key, value })));
