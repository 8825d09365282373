// The last items as cards: pictures, verdict, reason, and the heat map at a touch.

import { byId, clock, make, named, quote, replaceIfChanged, say } from "./dom.js";

let heat = false;
// Cards whose picture was touched show the other one of picture and heat map.
const turned = new Set();

function scoreBar(view) {
  if (view.score === null || !view.threshold) {
    const camera = { camera: view.camera };
    const why = view.is_hidden ? say("item.hidden", camera) : say("item.not_scored", camera);
    return [make("p", "", why),
      view.problem ? quote("p", "told", view.problem) : null];
  }
  const over = view.score > view.threshold;
  const fill = make("div", over ? "fill over" : "fill");
  fill.style.width = `${Math.min(100, Math.max(1, 50 * view.score / view.threshold))}%`;
  const places = {
    camera: view.camera, score: view.score.toPrecision(3), threshold: view.threshold.toPrecision(3),
  };
  const track = make("div", "track", fill);
  track.setAttribute("aria-hidden", "true");
  return [make("p", over ? "over" : "", say("item.score", places)), track];
}

function tote({ tote, is_empty_tote }) {
  if (tote === "undeclared") return say("item.undeclared_tote");
  return is_empty_tote ? say("item.empty_tote", { tote }) : say("item.tote", { tote });
}

function picture(item, view, redraw) {
  const key = `${item.boot} ${item.item} ${view.camera}`;
  const isHeat = view.heat_map !== null && heat !== turned.has(key);
  const path = isHeat ? view.heat_map : view.picture;
  if (!path) {
    const why = view.not_kept ? say("item.not_kept") : say("item.no_picture");
    return make("div", "none", why, view.not_kept ? quote("p", "told", view.not_kept) : null);
  }
  const image = make("img", "");
  image.src = `/evidence/${path.split("/").map(encodeURIComponent).join("/")}`;
  image.loading = "lazy";
  const places = { camera: view.camera, number: item.item };
  image.alt = isHeat ? say("item.heat_map", places) : say("item.picture", places);
  const button = make("button", "look", image);
  button.type = "button";
  button.dataset.key = key;
  // Retention removes old pictures under a page that stays open.
  image.addEventListener("error", () => button.replaceWith(make("div", "none", say("item.picture_gone"))));
  if (view.heat_map && view.picture) {
    const words = isHeat ? say("item.show_picture") : say("item.show_heat");
    button.append(make("span", "act", words));
    button.addEventListener("click", () => {
      if (!turned.delete(key)) turned.add(key);
      redraw(key);
    });
  } else {
    button.disabled = true;
  }
  return button;
}

// The item's own page.
function whole(item) {
  const link = make("a", "button", say("item.title", { number: item.item }));
  link.href = `/history/${encodeURIComponent(item.boot)}/${item.item}`;
  return link;
}

function showItem(item, redraw) {
  const verdict = item.verdict ?? "open";
  const reasons = item.reasons.map((reason) => named("reason", reason)).join(", ");
  const outcome = item.outcome_kind && named("outcome", item.outcome_kind);
  const facts = [
    item.sku ?? (item.verdict && say("item.unknown_sku")),
    reasons && say("item.reason", { reasons }),
    outcome && say("item.outcome", { outcome }),
    item.tote && tote(item),
    item.ms !== null && say("item.took", { ms: item.ms.toFixed(0) }),
  ].filter(Boolean).join(" · ");
  return [
    make("header", "", make("h3", "", whole(item)),
      make("span", "when", clock(item.entered_at)), make("span", "verdict", named("verdict", verdict))),
    make("div", "views", item.views.map((view) =>
      make("div", "view", picture(item, view, redraw), make("div", "score", scoreBar(view))))),
    make("div", "facts", make("p", "", facts), item.words.map((words) => quote("p", "words", words)),
      item.familiarity ? quote("p", "told", say("item.looks", { familiarity: item.familiarity })) : null),
  ];
}

let last = [];

// Cards stay in place as elements, so that pictures do not flicker and focus is not lost.
export function showItems(items) {
  last = items;
  byId("empty").hidden = items.length > 0;
  const list = byId("items");
  const old = new Map([...list.children].map((card) => [card.id, card]));
  const cards = items.map((item) => {
    const id = `item-${item.boot}-${item.item}`;
    const card = old.get(id) ?? make("li", "");
    card.id = id;
    card.className = `item ${item.verdict ?? "open"}`;
    const turns = item.views.map((view) => turned.has(`${item.boot} ${item.item} ${view.camera}`));
    replaceIfChanged(card, [item, heat, turns], () => showItem(item, redraw));
    old.delete(id);
    return card;
  });
  for (const card of old.values()) card.remove();
  cards.forEach((card, place) => {
    if (list.children[place] !== card) list.insertBefore(card, list.children[place] ?? null);
  });
  forgetGone(items);
}

// A picture that was turned keeps the focus.
function redraw(key) {
  showItems(last);
  byId("items").querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

// What is no longer shown needs not be remembered as turned.
function forgetGone(items) {
  const shown = new Set(items.map((item) => `${item.boot} ${item.item}`));
  for (const key of turned) {
    if (!shown.has(key.split(" ").slice(0, 2).join(" "))) turned.delete(key);
  }
}

export function toggleHeat() {
  heat = !heat;
  turned.clear();
  showItems(last);
  return heat;
}
