// Small helpers of the pages' scripts. Text from the box is set as text, never as markup: a SKU or a cause
// may hold anything.

export const byId = (id) => document.getElementById(id);

// An element with a class and children; strings become text.
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// The same for what the box says in its own words, which are English.
export function quote(tag, className, text) {
  const element = make(tag, className, text);
  element.lang = "en";
  return element;
}

// Writes only what changed, so that screen readers are not told the same thing each second.
export function write(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

export function replaceIfChanged(element, data, build) {
  const key = JSON.stringify(data);
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...build());
}

// The session has ended: after the log-in one is back on this page.
export const logIn = () => location.assign(`/log-in?${new URLSearchParams({ next: location.pathname })}`);

export const language = document.documentElement.lang;

let texts = {};

// Must be awaited before the first text.
export async function loadTexts() {
  const answer = await fetch(`/texts/${language}.json`);
  if (!answer.ok) throw new Error(answer.statusText);
  texts = await answer.json();
}

// A text of the page, its places filled.
export function say(key, places = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => places[name] ?? "");
}

// A text by a name that the box gave.
export function named(section, name) {
  return texts[`${section}.${name}`] ?? name;
}

export const number = (value) => value.toLocaleString(language);
export const clock = (time) => new Date(time).toLocaleTimeString(language);
export const day = (time) => new Date(time).toLocaleString(language);
