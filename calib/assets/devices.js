// The devices and links as tiles: what state each is in, by word, sign and colour.

import { byId, make, named, number, quote, replaceIfChanged, say } from "./dom.js";

// `told` is the box's own words.
function device(name, look, state, detail, told) {
  return { name, look, state, detail, told };
}

function camera(one) {
  const { received, dropped, late, errors, reconnects } = one.counters;
  const counts = { dropped, late, errors, reconnects };
  const lost = Object.values(counts).some((count) => count > 0);
  const places = { received: number(received) };
  for (const [name, count] of Object.entries(counts)) places[name] = number(count);
  const state = one.state === "streaming"
    ? say("state.streaming", { fps: one.fps.toFixed(1) })
    : named("state", one.state);
  return device(
    say("device.camera", { name: one.name }),
    { starting: "warn", streaming: "good", down: "bad" }[one.state],
    state,
    lost ? say("detail.pictures_lost", places) : say("detail.pictures", places),
    one.cause);
}

function belt(status) {
  const speed = status.belt.mm_per_s;
  const look = { moving: "good", standing: "warn", unknown: "warn" }[status.belt.state];
  const detail = speed === undefined ? null : say("detail.speed", { speed: number(Math.round(speed)) });
  return device(say("device.belt"), look, named("state", status.belt.state), detail);
}

function fleet({ configured, connected, owed, acknowledged, problem }) {
  if (!configured) return device(say("device.fleet"), "", say("state.not_configured"));
  const detail = say("detail.owed", { owed: number(owed), acknowledged: number(acknowledged) });
  return connected
    ? device(say("device.fleet"), "good", say("state.connected"), detail, problem)
    : device(say("device.fleet"), "warn", say("state.offline"), detail, problem);
}

// A thing that is well or not.
function thing(name, isWell, well, ill, look, told) {
  return device(name, isWell ? "good" : look, isWell ? well : ill, null, told);
}

function devices(status) {
  const connected = say("state.connected");
  const not = say("state.not_connected");
  const { learning } = status;
  return [
    belt(status),
    device(say("device.plc"), { connected: "good", lost: "bad", unknown: "warn" }[status.plc.state],
      named("state", status.plc.state), null, status.plc.cause),
    ...status.cameras.map(camera),
    ...status.scanners.map((one) =>
      thing(say("device.scanner", { name: one.name }), one.connected, connected, not, "bad")),
    thing(say("device.model"), Boolean(status.engine), say("state.loaded"), say("state.not_loaded"), "warn",
      status.engine),
    device(say("device.learning"), "", say("state.learned", { full: number(learning.full) }),
      say("detail.learning", { learning: number(learning.learning) })),
    thing(say("device.clock"), status.clock.state === "trusted", say("state.trusted"), say("state.doubted"),
      "warn", status.clock.cause),
    fleet(status.fleet),
    thing(say("device.bridge"), status.bridge.connected, connected, not, "bad"),
    thing(say("device.records"), status.store.state === "ok", say("state.writing"), say("state.failing"),
      "bad", status.store.cause),
    thing(say("device.pictures"), status.evidence.state === "ok", say("state.kept"), say("state.not_kept"),
      "warn", status.evidence.cause),
  ];
}

export function showDevices(status) {
  const tiles = devices(status);
  replaceIfChanged(byId("devices"), tiles, () => tiles.map((one) =>
    make("li", `tile ${one.look}`, make("h3", "", one.name), make("p", "state", one.state),
      one.detail ? make("p", "", one.detail) : null,
      one.told ? quote("p", "told", one.told) : null)));
}
