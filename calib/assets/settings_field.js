// One key as a field of a form: its name, what it means, its bounds and default, when it takes effect, and the control
// for its kind. An empty field stands for the default.

import { make, named, say } from "./dom.js";
import * as pending from "./settings_pending.js";

// Names between backticks (\x60) are set as code.
export function prose(tag, className, text) {
  const parts = text.split("\x60").map((part, place) => (place % 2 ? make("code", "", part) : part));
  const element = make(tag, className, ...parts);
  element.lang = "en";
  return element;
}

export const shown = (value) => (Array.isArray(value) ? value.join(", ") : String(value));

// A value of a change in words.
export function words(value) {
  if (value === null) return say("settings.not_written");
  return typeof value === "object" && !Array.isArray(value) ? say("settings.a_table") : shown(value);
}

const isNumber = (key) => key.kind === "integer" || key.kind === "number";

// Comma or point: a German keyboard's block of numbers has the comma.
function numberOf(text) {
  const plain = text.trim().replace(/^(-?\d+),(\d+)$/, "$1.$2");
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : text.trim();
}

function option(value, text, selected) {
  const element = make("option", "", text);
  element.value = value;
  element.selected = selected;
  return element;
}

// What holds where nothing is written, in words.
function presetOf(key) {
  if (key.default === null) return say("settings.no_default");
  const value = shown(key.default);
  return value === "" ? say("settings.default_empty") : say("settings.default_is", { value });
}

function select(key, value) {
  const control = make("select");
  const meaning = key.choices.find((choice) => choice.value === key.default)?.about;
  const preset = key.default === null ? "" : presetOf(key) + (meaning ? `: ${meaning}` : "");
  if (!key.required || value === null) control.append(option("", preset, value === null));
  const choices = key.kind === "boolean" ? [{ value: "true" }, { value: "false" }] : key.choices;
  for (const choice of choices) {
    const text = choice.about ? `${choice.value}: ${choice.about}` : choice.value;
    control.append(option(choice.value, text, String(value) === choice.value));
  }
  if (value !== null && !choices.some((choice) => choice.value === String(value))) {
    control.append(option(String(value), String(value), true));
  }
  const read = () => {
    if (control.value === "") return null;
    return key.kind === "boolean" ? control.value === "true" : control.value;
  };
  return { control, read };
}

function text(key, value) {
  const control = make("input");
  control.type = "text";
  control.autocapitalize = "none";
  control.autocomplete = "off";
  control.spellcheck = false;
  if (isNumber(key)) control.inputMode = key.kind === "integer" && key.least >= 0 ? "numeric" : "decimal";
  control.value = value === null ? "" : String(value);
  if (key.default !== null) control.placeholder = shown(key.default);
  const read = () => {
    if (control.value === "") return null;
    return isNumber(key) ? numberOf(control.value) : control.value;
  };
  return { control, read };
}

function lines(key, value) {
  const control = make("textarea");
  control.rows = Math.max(2, value?.length ?? 0);
  control.spellcheck = false;
  control.value = value === null ? "" : [value].flat().join("\n");
  const read = () => {
    const all = control.value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    if (all.length === 0) return null;
    return key.kind === "integers" ? all.map(numberOf) : all;
  };
  return { control, read };
}

// A list of choices: what is written keeps its order, what is ticked comes last.
function ticks(key, value, id) {
  const control = make("fieldset", "ticks");
  control.setAttribute("aria-labelledby", `${id}:name`);
  let list = [...(value ?? [])];
  const boxes = key.choices.map((choice, place) => {
    const box = make("input");
    box.type = "checkbox";
    box.id = `${id}:${place}`;
    box.value = choice.value;
    box.checked = list.includes(choice.value);
    box.addEventListener("change", () => {
      list = list.filter((one) => one !== choice.value);
      if (box.checked) list.push(choice.value);
    });
    const label = make("label", "", box, make("span", "", make("code", "", choice.value), ` ${choice.about}`));
    label.lang = "en";
    return label;
  });
  control.append(...boxes);
  return { control, read: () => (list.length === 0 ? null : list) };
}

function controlOf(key, value, id) {
  if (key.kind === "choice" || key.kind === "boolean") return select(key, value);
  if (key.kind === "texts" && key.choices.length > 0) return ticks(key, value, id);
  if (key.kind === "texts" || key.kind === "integers") return lines(key, value);
  return text(key, value);
}

// The field of the key at `id`, which says `written` in the file. `changed` is called when somebody changes it.
export function field(key, id, written, changed) {
  const element = make("div", "setting");
  const mistake = make("p", "said bad");
  const back = make("button", "", say("settings.take_back"));
  const preset = make("button", "", say("settings.use_default"));
  const facts = [];
  if (key.words) facts.push(prose("span", "", key.words.replace(/^./, (first) => first.toUpperCase())));
  facts.push(make("span", "", key.required ? say("settings.required") : presetOf(key)));
  facts.push(make("span", "", named("settings_effect", key.effect)));
  const about = prose("p", "hint", key.about);
  const bounds = make("p", "bounds", ...facts);
  about.id = `${id}:about`;
  bounds.id = `${id}:bounds`;
  mistake.id = `${id}:mistake`;
  mistake.lang = "en";
  back.type = preset.type = "button";

  function show() {
    const wish = pending.find(id);
    const value = wish ? wish.value : written;
    const { control, read } = controlOf(key, value ?? null, id);
    const isList = control.tagName === "FIELDSET";
    const controls = isList ? [...control.querySelectorAll("input")] : [control];
    control.id = id;
    if (isList) control.tabIndex = -1;
    for (const one of controls) {
      one.disabled = !pending.mayChange;
      one.setAttribute("aria-describedby", `${about.id} ${bounds.id} ${mistake.id}`);
    }
    const note = () => {
      pending.want(id, read(), written);
      marks();
      changed();
    };
    control.addEventListener(isList || control.tagName === "SELECT" ? "change" : "input", note);
    const name = make(isList ? "p" : "label", "name", key.name);
    name.id = `${id}:name`;
    if (!isList) name.htmlFor = id;
    element.replaceChildren(name, about, control, bounds, mistake, make("p", "row", back, preset));
    marks();
  }

  function marks() {
    const wish = pending.find(id);
    element.classList.toggle("changed", Boolean(wish));
    back.hidden = !wish;
    preset.hidden = !pending.mayChange || key.required || (wish ? wish.value === null : written === null);
  }

  // Says what is wrong with it, or nothing.
  function sayWrong(found) {
    const controls = element.querySelectorAll("input, select, textarea");
    controls.forEach((one) => (found.length > 0 ? one.setAttribute("aria-invalid", "true") : one.removeAttribute("aria-invalid")));
    mistake.hidden = found.length === 0;
    mistake.textContent = found.map((one) => `${one.problem}; ${one.instead}`).join("\n");
  }

  back.addEventListener("click", () => {
    pending.takeBack(id);
    show();
    element.querySelector("input, select, textarea").focus();
    changed();
  });
  preset.addEventListener("click", () => {
    pending.want(id, null, written);
    show();
    element.querySelector("input, select, textarea").focus();
    changed();
  });
  sayWrong([]);
  show();
  return { id, element, wrong: sayWrong };
}
