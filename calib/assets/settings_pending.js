// What somebody has changed and not saved yet. It stays in this browser, from page to page, without a network and
// after a log-in, until it is saved or discarded: each key with the value that was seen, the one that is wanted and the
// table in which it stood, and the revision of the file that was seen.

import { byId } from "./dom.js";
import { baseOf, carryOver, isTable, isWithin, lastNumber, move, same, seenOf } from "./settings_places.js";

const bar = byId("pending");
const PLACE = `settings:${bar.dataset.person}`;

export const csrf = bar.dataset.csrf;
export const mayChange = bar.dataset.may === "true";

// `dropped`: what had no place any more in a file that was taken over, until somebody has read it.
const NONE = { revision: "", reason: "", changes: [], dropped: [] };

let state = read();
// The settings that the page shows.
let shown = null;
const listeners = [];

function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE));
    return Array.isArray(kept?.changes) ? { ...NONE, ...kept } : NONE;
  } catch {
    return NONE;
  }
}

function keep(next) {
  state = next;
  try {
    if (state.changes.length + state.dropped.length > 0) localStorage.setItem(PLACE, JSON.stringify(state));
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
export const dropped = () => state.dropped;
export const find = (key) => state.changes.find((change) => change.key === key);

export const show = (settings) => { shown = settings; };

// Whether what is pending was wanted of another file than the one that is shown: numbers of tables may mean others then.
export const isOfAnotherFile = () => shown !== null && state.changes.length > 0 && state.revision !== shown.revision;

// Wants `value` for a key that says `before` in the settings that are shown.
export function want(key, value, before) {
  const others = state.changes.filter((change) => change.key !== key);
  const wish = { key, value: value ?? null, before: before ?? null, table: seenOf(key, shown) };
  const now = same(value, before) ? others : [...others, wish];
  keep({ ...state, revision: state.changes.length > 0 ? state.revision : shown.revision, changes: now });
}

// Takes back what is wanted of a key, or of a table and all within it.
export function takeBack(key) {
  keep({ ...state, changes: state.changes.filter((change) => !isWithin(change.key, key)) });
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

export const discard = () => keep(NONE);

export const writeReason = (text) => keep({ ...state, reason: text });

// The file is another one: changes follow the tables in which they stood, and what was seen is what it says now.
export function takeOver(settings) {
  const carried = carryOver(state.changes, settings);
  const gone = [...state.dropped, ...carried.dropped];
  keep({ ...state, revision: settings.revision, changes: carried.changes, dropped: gone });
}

export const forgetDropped = () => keep({ ...state, dropped: [] });

// What the box gets.
export const wanted = () => JSON.stringify(state.changes.map(({ key, value }) => ({ key, value })));
