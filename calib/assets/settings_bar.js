// The bar that says how many changes are not saved, and what keeps them from being checked: no connection, an ended
// session, or a file that somebody else has changed meanwhile. It also says what was dropped when that file was taken over.

import { byId, loadTexts, make, named, number, quote, say, write } from "./dom.js";
import { words } from "./settings_field.js";
import * as pending from "./settings_pending.js";

const PATIENCE_MS = 8000;

export async function ask(address, fields) {
  const options = { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) };
  if (fields) {
    const body = new URLSearchParams({ csrf: pending.csrf, ...fields });
    Object.assign(options, { method: "POST", body });
  }
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    return { kind: "lost" };
  }
  if (answer.status === 401) return { kind: "ended" };
  if (answer.status === 403) return { kind: "old" };
  if (answer.status === 413) return { kind: "much" };
  const text = await answer.text().catch(() => "");
  try {
    const said = JSON.parse(text);
    return answer.ok ? { kind: "good", said } : said;
  } catch {
    return { kind: "failed", words: text };
  }
}

// What the box has answered; nothing where all is well.
export function trouble(answer) {
  const line = byId("pending-trouble");
  const quiet = ["good", "wrong"].includes(answer.kind);
  line.hidden = quiet;
  byId("take-over").hidden = answer.kind !== "changed";
  if (quiet) return;
  line.replaceChildren(named("settings_error", answer.kind));
  if (answer.words) line.append(" ", quote("span", "", answer.words.replace(/^./, (first) => first.toUpperCase())));
}

function showDropped() {
  const dropped = pending.dropped();
  byId("dropped").hidden = dropped.length === 0;
  byId("dropped-list").replaceChildren(...dropped.map(({ key, table, before, value }) => {
    const name = table?.name ? ` (${table.name}) ` : " ";
    return make("li", "", make("code", "", key), name, say("audit.from_to", { before: words(before), after: words(value) }));
  }));
}

export function showBar() {
  const count = pending.changes().length;
  byId("pending").hidden = count + pending.dropped().length === 0;
  showDropped();
  const many = count === 0 ? say("settings.nothing_pending") : say("settings.pending", { count: number(count) });
  write("pending-says", count === 1 ? say("settings.pending_one") : many);
}

// Checks what is pending; gives the box's answer.
export async function check() {
  const answer = await ask("/settings/check", { changes: pending.wanted(), revision: pending.revision() });
  trouble(answer);
  return answer;
}

export async function startBar() {
  await loadTexts();
  byId("to-review").hidden = location.pathname === "/settings/review";
  byId("take-over").addEventListener("click", async () => {
    const answer = await ask("/api/settings");
    if (answer.kind === "good") {
      pending.takeOver(answer.said);
      location.reload();
    } else trouble(answer);
  });
  byId("dropped-read").addEventListener("click", () => {
    pending.forgetDropped();
    byId("content").focus();
  });
  pending.onChange(showBar);
  showBar();
}

// A page without forms of its own.
if (!byId("forms") && !byId("review")) await startBar();
