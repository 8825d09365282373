// Forms that lose nothing: what is written stays in the browser until the box has taken it. A form is sent only
// while the box answers; else its own page stays, with a word on what to do. Forms with `data-keep`. Passwords stay on
// their page, and nowhere else.

import { loadTexts, make, say } from "./dom.js";

const PATIENCE_MS = 4000;
// Where the browser keeps which form was sent last, until the box has said what became of it.
const SENT = "sent";

// A form that stands on its page more than once says by a hidden field of what it is.
const ofWhat = ({ elements: { id, name } }) => id?.value ?? (name?.type === "hidden" ? name.value : "");
const nameOf = (form) => `${form.getAttribute("action")} ${ofWhat(form)}`;
const isKept = (field) => field.name && !["hidden", "password"].includes(field.type);
const fields = (form) => [...form.elements].filter(isKept);
const keyOf = (form, field) => `kept ${nameOf(form)} ${field.name}`;

function restore(form) {
  for (const field of fields(form)) {
    const kept = sessionStorage.getItem(keyOf(form, field));
    // What the box sent back with its refusal is newer.
    if (kept === null || field.defaultValue) continue;
    field.value = kept;
  }
}

async function answers() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.status < 500;
  } catch {
    return false;
  }
}

function tell(form, text) {
  const told = form.querySelector(".said") ?? make("p", "said bad");
  told.setAttribute("role", "alert");
  told.textContent = text;
  form.append(told);
}

async function send(form, button) {
  button.disabled = true;
  const reached = await answers();
  button.disabled = false;
  if (reached) {
    sessionStorage.setItem(SENT, nameOf(form));
    form.dataset.sent = "yes";
    form.requestSubmit(button.form === form ? button : null);
  } else {
    tell(form, say("form.not_sent"));
    button.focus();
  }
}

await loadTexts();
const taken = document.querySelector(".said.good") ? sessionStorage.getItem(SENT) : null;
sessionStorage.removeItem(SENT);
if (taken) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(`kept ${taken} `)) sessionStorage.removeItem(key);
}
for (const form of document.querySelectorAll("form[data-keep]")) {
  restore(form);
  form.addEventListener("input", (event) => {
    if (isKept(event.target)) sessionStorage.setItem(keyOf(form, event.target), event.target.value);
  });
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return;
    event.preventDefault();
    send(form, event.submitter ?? form.querySelector("button"));
  });
}
