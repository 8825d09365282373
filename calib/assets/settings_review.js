// The review: what is pending, what would become of the file, what is wrong with it, and why it changes. Only when
// the box says that it is saved does the browser let go of it.

import { byId, make, quote, say } from "./dom.js";
import { ask, check, startBar, trouble } from "./settings_bar.js";
import { words } from "./settings_field.js";
import * as pending from "./settings_pending.js";

const RETRY_MS = 3000;

let timer = 0;
let isSaved = false;

const place = (at) => `/settings/${at.split(".")[0]}#${at}`;

function link(at) {
  const element = make("a", "button", make("code", "", at));
  element.href = place(at);
  return element;
}

function showChanges() {
  const all = pending.changes();
  byId("review").hidden = all.length === 0;
  byId("nothing").hidden = all.length > 0 || isSaved;
  byId("changes").replaceChildren(...all.map((change) => {
    const back = make("button", "", say("settings.take_back"));
    back.type = "button";
    back.setAttribute("aria-label", `${say("settings.take_back")}: ${change.key}`);
    back.addEventListener("click", () => {
      pending.takeBack(change.key);
      look();
      byId("changes").querySelector("a")?.focus();
    });
    const text = say("settings.from_to", { before: words(change.before), after: words(change.value) });
    return make("li", "", link(change.key), make("p", "", text), back);
  }));
}

function list(id, found) {
  byId(id).hidden = found.length === 0;
  byId(id).querySelector("ul").replaceChildren(...found.map((one) => {
    const line = one.line === null ? "" : `${say("settings.line", { line: one.line })}: `;
    const key = one.at === "" ? "" : link(one.at);
    return make("li", "", key, " ", quote("span", "", `${line}${one.problem}; ${one.instead}`));
  }));
}

function showDiff(diff) {
  const look = { "+": "add", "-": "gone", "@": "at" };
  const rows = diff.split("\n").map((line) => make("div", look[line[0]] ?? "", line === "" ? " " : line));
  byId("diff").replaceChildren(...rows);
}

async function look() {
  clearTimeout(timer);
  showChanges();
  if (pending.changes().length === 0) return;
  const answer = await check();
  if (answer.kind === "lost") timer = setTimeout(look, RETRY_MS);
  if (answer.kind !== "good") return;
  list("mistakes", answer.said.mistakes);
  list("warnings", answer.said.warnings);
  showDiff(answer.said.diff);
}

async function save() {
  const button = byId("save").querySelector("button");
  const refused = byId("refused");
  button.disabled = true;
  refused.hidden = true;
  const fields = { changes: pending.wanted(), revision: pending.revision(), reason: byId("reason").value };
  const answer = await ask("/settings/save", fields);
  button.disabled = false;
  if (answer.kind === "good") {
    isSaved = true;
    pending.discard();
    trouble(answer);
    byId("reason").value = "";
    showChanges();
    const text = byId("saved");
    const to = make("a", "button", say("settings.back"));
    to.href = "/settings";
    const isInForce = answer.said.keys.every((key) => key.effect === "at_once");
    text.replaceChildren(isInForce ? say("settings.saved_at_once") : say("settings.saved"), " ", to);
    text.hidden = false;
    to.focus();
    return;
  }
  trouble(answer);
  if (answer.kind === "wrong") list("mistakes", answer.mistakes);
  refused.replaceChildren(say("settings.not_saved"), " ", byId("pending-trouble").hidden ? say("settings.see_mistakes") : byId("pending-trouble").textContent);
  refused.hidden = false;
}

byId("save").addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
byId("reason").addEventListener("input", () => pending.writeReason(byId("reason").value));
byId("discard").addEventListener("click", () => {
  pending.discard();
  look();
  byId("nothing").focus();
});

await startBar();
byId("reason").value = pending.reason();
await look();
