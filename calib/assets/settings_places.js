// Where pending changes go when the file is another one by now. A table of a section that is written more than once has
// no name of its own: its number says only where it stood. So each change within one remembers the table as it was
// **seen**, and follows that table to where it stands now; a change whose table cannot be found again is dropped.
// No page and no storage in here.

export const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

export const isWithin = (key, table) => key === table || key.startsWith(`${table}.`);

export const lastNumber = (at) => (/\.\d+$/.test(at) ? Number(at.split(".").at(-1)) : null);

export const baseOf = (at) => at.split(".").slice(0, -1).join(".");

// Whether a change adds a table.
export const isTable = (change) => change.value !== null && typeof change.value === "object" && !Array.isArray(change.value);

// The numbered table in which a key stands: `camera.1` of `camera.1.fps`; none where it stands in no such.
export const tableOf = (key) => /^(?:[^.]+\.)+?\d+(?=\.|$)/.exec(key)?.[0] ?? null;

const tablesOf = (settings) => settings.sections.flatMap((section) => section.present);

// The values of the numbered table in which a key stands, as the file has them.
export function seenOf(key, settings) {
  const at = tableOf(key);
  return tablesOf(settings).find((table) => table.at === at)?.values ?? null;
}

// A table is known again by its name; one without by all that is written in it.
const isKnown = (values, seen) => (seen.name === undefined ? same(values, seen) : values.name === seen.name);

// Gives tables other places: a map from the old to the new.
export function move(changes, places) {
  const moved = (key) => {
    const at = [...places.keys()].find((old) => isWithin(key, old));
    return at === undefined ? key : places.get(at) + key.slice(at.length);
  };
  return changes.map((change) => ({ ...change, key: moved(change.key) }));
}

// What was to be added goes after what the present file has.
function placesAfter(changes, tables) {
  const places = new Map();
  const next = new Map();
  const added = changes.filter((change) => isTable(change) && lastNumber(change.key) !== null);
  for (const { key } of added.sort((one, other) => lastNumber(one.key) - lastNumber(other.key))) {
    const base = baseOf(key);
    const there = tables.filter(({ at }) => baseOf(at) === base && lastNumber(at) !== null).length;
    const number = next.get(base) ?? there;
    places.set(key, `${base}.${number}`);
    next.set(base, number + 1);
  }
  return places;
}

// The present key of a change within a table of the file; none where the table is gone, or looks like another one.
function keyNow({ key, table }, tables) {
  const at = tableOf(key);
  const found = tables.filter((one) => baseOf(one.at) === baseOf(at) && table && isKnown(one.values, table));
  return found.length === 1 ? found[0].at + key.slice(at.length) : null;
}

// The changes for the file as it is now, and those that have no place in it. What the file says already is no change
// any more.
export function carryOver(changes, settings) {
  const tables = tablesOf(settings);
  const places = placesAfter(changes, tables);
  const isAdded = ({ key }) => [...places.keys()].some((at) => isWithin(key, at));
  const written = new Map(tables.flatMap((table) =>
    Object.entries(table.values).map(([name, value]) => [`${table.at}.${name}`, value])));
  const isThere = (key) => tables.some((table) => table.at === key);
  const dropped = [];
  const carried = changes.flatMap((change) => {
    if (isAdded(change)) return move([change], places);
    const key = tableOf(change.key) === null ? change.key : keyNow(change, tables);
    if (key !== null) return [{ ...change, key }];
    dropped.push(change);
    return [];
  });
  const before = (change) => (isTable(change) || isThere(change.key) ? change.before : written.get(change.key) ?? null);
  const wanted = carried.map((change) => ({ ...change, before: before(change) }))
    .filter((change) => !same(change.value, change.before) && !(isTable(change) && isThere(change.key)));
  return { changes: wanted, dropped };
}
