// The page of a mock's control: it asks for the state every second, shows it, and sends orders. It knows nothing of the
// mock but what `state` says, and can do nothing but what `orders` takes; see chaos/mock/control/__init__.py.
"use strict";

const EVERY_MS = 1000;
const HIDDEN_EVERY_MS = 10000; // nobody looks at a tab that is hidden
const STATE_WITHIN_MS = 5000;
const ORDER_WITHIN_MS = 15000;
const AGENTS_SHOWN = 100;
const LOG_KEPT = 50;
const STATES = {
  LOGIN: "Sign in", LOGOUT: "Signed out", NOT_READY: "Not Ready", AVAILABLE: "Ready", TALKING: "Talking",
  WORK_NOT_READY: "Work", WORK_READY: "Work Ready", RESERVED: "Reserved", HOLD: "Hold",
};
const ASKED_FOR = { ...STATES, LOGOUT: "Sign out" };
const AT_PHONE = { INITIATE: "Dialling", ALERTING: "Ringing", CONNECT: "Talking", HOLD: "Held", FAIL: "Busy" };
const GOOD = new Set(["Started", "IN_SERVICE", "active", "whole", "AVAILABLE", "TALKING"]);
const BAD = new Set(["Stopped", "OUT_OF_SERVICE", "down", "cut", "gone"]);
const UNDER_WAY = new Set(["Starting", "Stopping", "standby", "RESERVED", "HOLD"]);

const at = (id) => document.getElementById(id);
let seen = null;      // the state that is shown
let tag = "";         // its ETag
let clock = { mock_s: 0, here_ms: 0 };
let failuresSeen = 0;
let wake = () => {};

// --- Building and changing the document -----------------------------------------------------------------------------
// Rows and buttons are changed in place, not made anew each second: whoever has the focus on one, or reads it, stays there.

function make(name, attributes = {}, ...content) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  element.append(...content);
  return element;
}

function say(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function mark(element, state, text) {
  say(element, text);
  element.className = GOOD.has(state) ? "good" : BAD.has(state) ? "bad" : UNDER_WAY.has(state) ? "under-way" : "";
}

// One child a thing, in the order of the things: `born` makes a child, `changed` shows what is.
function keep(parent, things, key, born, changed) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  things.forEach((thing, place) => {
    const name = key(thing);
    let child = old.get(name);
    if (child === undefined) {
      child = born(thing);
      child.dataset.key = name;
    }
    old.delete(name);
    if (parent.children[place] !== child) {
      parent.insertBefore(child, parent.children[place] ?? null);
    }
    changed(child, thing);
  });
  for (const child of old.values()) {
    // Focus that would be lost with a button goes to the one that came in its place.
    const held = child.contains(document.activeElement);
    child.remove();
    if (held) {
      const heir = child.matches("button") ? parent.querySelector("button") : null;
      (heir ?? at("main")).focus({ preventScroll: true });
    }
  }
}

// orders: [{ text, what, order }]; what completes the name for whoever does not see the row.
function keepButtons(parent, orders) {
  keep(parent, orders, (one) => one.text,
    (one) => {
      const button = make("button", { type: "button" });
      button.addEventListener("click", () => give(button.order, button));
      return button;
    },
    (button, one) => {
      button.order = one.order;
      say(button, one.text);
      if (button.getAttribute("aria-label") !== `${one.text} ${one.what}`) {
        button.setAttribute("aria-label", `${one.text} ${one.what}`);
      }
    });
}

function row(...cells) {
  const made = make("tr");
  cells.forEach((name, place) => {
    const cell = place === 0 ? make("th", { scope: "row" }) : make("td");
    cell.dataset.cell = name;
    made.append(cell);
  });
  return made;
}

const cell = (line, name) => line.querySelector(`[data-cell="${name}"]`);

function orderCell(line) {
  const place = cell(line, "orders");
  if (place.firstChild === null) {
    place.append(make("div", { class: "orders" }));
  }
  return place.firstChild;
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const plural = (count, one, more) => `${count} ${count === 1 ? one : more}`;

// --- The parts of the page ------------------------------------------------------------------------------------------

function bornCard() {
  return make("article", { class: "card" },
    make("h3"), make("p", { class: "facts" }), make("ul", { class: "services" }));
}

function showCard(card, title, state, facts, services, host) {
  const [head, line, list] = card.children;
  say(head, title);
  if (line.firstChild === null) {
    line.append(make("span"), make("span"));
  }
  mark(line.children[0], state, state.replaceAll("_", " "));
  say(line.children[1], facts === "" ? "" : ` · ${facts}`);
  keep(list, services, (one) => one.id,
    () => make("li", {}, make("div", { class: "named" }, make("span"), make("span")), make("div", { class: "orders" })),
    (item, one) => {
      const [named, buttons] = item.children;
      say(named.children[0], one.title);
      mark(named.children[1], one.state, one.state);
      keepButtons(buttons, one.orders.map((verb) => (
        { text: capital(verb), what: `${one.title} on ${host}`, order: { do: verb, service: one.id } })));
    });
}

function showNodes(state) {
  keep(at("nodes"), state.nodes, (one) => one.host, bornCard, (card, one) => showCard(
    card, one.host, one.status, `${one.role}, ${plural(one.clients_count, "client", "clients")}`, one.services, one.host));
  keep(at("sides"), state.sides, (one) => one.side, bornCard, (card, one) => showCard(
    card, `Side ${one.side}: ${one.host}`, one.role, plural(one.sessions.length, "session", "sessions"), one.services, one.host));
  keep(at("databases"), state.databases, (one) => one.host, bornCard, (card, one) => showCard(
    card, one.host, one.services[0].state, `${one.role}, ${plural(one.connections, "connection", "connections")}`, one.services, one.host));
}

function showLinks(state) {
  keep(at("links"), state.links, (one) => one.name, () => row("name", "way", "state", "orders"), (line, one) => {
    say(cell(line, "name"), one.name);
    say(cell(line, "way"), `${one.listen} → ${one.upstream}`);
    const toxics = one.toxics.length === 0 ? "" : `, toxics: ${one.toxics.join(", ")}`;
    mark(cell(line, "state"), one.state, one.state + toxics);
    const verb = one.state === "cut" ? "mend" : "cut";
    keepButtons(orderCell(line), [{ text: capital(verb), what: `link ${one.name}`, order: { do: verb, link: one.name } }]);
  });
}

function showCalls(state) {
  const names = new Map(state.agents.map((one) => [one.id, `${one.name} (${one.id})`]));
  const parties = state.calls.flatMap((call) => call.parties.map((party) => ({ call, ...party })));
  keep(at("calls"), parties, (one) => `${one.call.id} ${one.phone}`, () => row("call", "phone", "agent", "state", "orders"),
    (line, one) => {
      say(cell(line, "call"), String(one.call.id));
      say(cell(line, "phone"), one.phone);
      say(cell(line, "agent"), one.agent === null ? "nobody" : names.get(one.agent));
      say(cell(line, "state"), AT_PHONE[one.state] ?? one.state);
      keepButtons(orderCell(line), one.orders.map((verb) => ({
        text: capital(verb).replace("-", " "), what: `call ${one.call.id} at phone ${one.phone}`,
        order: { do: verb, call: one.call.id, phone: one.phone } })));
    });
  at("no-calls").hidden = parties.length > 0;
  at("calls").closest(".wide").hidden = parties.length === 0;
  keep(at("dial-phone"), state.agents, (one) => one.phone, () => make("option"), (option, one) => {
    option.value = one.phone;
    say(option, `${one.phone} (${one.name})`);
  });
}

function wanted(agents) {
  const who = at("filter-who").value;
  const text = at("filter-text").value.trim().toLowerCase();
  return agents.filter((one) => (who === "all" || (who === "in" ? one.signed_in : one.calls.length > 0))
    && (text === "" || [one.id, one.name, one.team, one.phone].some((part) => part.toLowerCase().includes(text))));
}

function showAgents(state) {
  const found = wanted(state.agents);
  keep(at("agents"), found.slice(0, AGENTS_SHOWN), (one) => one.id,
    () => {
      const line = row("agent", "team", "phone", "state", "since", "calls", "orders");
      cell(line, "since").className = "figure";
      return line;
    },
    (line, one) => {
      say(cell(line, "agent"), `${one.name} (${one.id})`);
      say(cell(line, "team"), one.supervisor ? `${one.team}, supervises` : one.team);
      say(cell(line, "phone"), one.phone);
      const reason = one.reason === 0 ? "" : `, reason ${one.reason}`;
      const next = one.after_call === null ? "" : `, then ${STATES[one.after_call] ?? one.after_call}`;
      mark(cell(line, "state"), one.state, (STATES[one.state] ?? one.state) + reason + next);
      line.since = one.signed_in ? one.since_s : null;
      say(cell(line, "calls"), one.calls.join(", "));
      keepButtons(orderCell(line), one.states.map((to) => ({
        text: ASKED_FOR[to] ?? to, what: `agent ${one.name}`, order: { do: "state", agent: one.id, state: to } })));
    });
  const hidden = found.length - AGENTS_SHOWN;
  at("more-agents").hidden = hidden <= 0;
  say(at("more-agents"), `${plural(hidden, "more agent is", "more agents are")} not shown: narrow the search.`);
  if (found.length === 0) {
    at("more-agents").hidden = false;
    say(at("more-agents"), "No agent fits.");
  }
  showAges();
}

function showAges() {
  const now_s = clock.mock_s + (performance.now() - clock.here_ms) / 1000;
  for (const line of at("agents").children) {
    const age = line.since === null ? "" : Math.max(0, Math.floor(now_s - line.since));
    say(cell(line, "since"), age === "" ? "" : `${Math.floor(age / 60)}:${String(age % 60).padStart(2, "0")}`);
  }
}

function showClients(state) {
  const ofNodes = state.nodes.flatMap((node) => node.clients.map((client) => ({
    key: `${node.host} ${client.jid}`, name: client.jid, place: node.host, door: client.door,
    presence: client.available ? "available" : "unavailable",
    order: { do: "disconnect", node: node.host, client: client.jid } })));
  const ofSides = state.sides.flatMap((side) => side.sessions.map((session) => ({
    key: `${side.host} ${session.peer}`, name: session.client || "(no ClientID)", place: `CTI side ${side.side}`,
    door: `CTI, protocol ${session.version}, from ${session.peer}`, presence: "", order: null })));
  const all = [...ofNodes, ...ofSides];
  keep(at("clients"), all, (one) => one.key, () => row("client", "place", "door", "presence", "orders"), (line, one) => {
    say(cell(line, "client"), one.name);
    say(cell(line, "place"), one.place);
    say(cell(line, "door"), one.door);
    say(cell(line, "presence"), one.presence);
    keepButtons(orderCell(line), one.order === null ? [] : [
      { text: "Disconnect", what: `${one.name} from ${one.place}`, order: one.order }]);
  });
  at("no-clients").hidden = all.length > 0;
  at("clients").closest(".wide").hidden = all.length === 0;
  const hidden = state.nodes.reduce((sum, node) => sum + node.clients_count - node.clients.length, 0);
  at("more-clients").hidden = hidden === 0;
  say(at("more-clients"), `${plural(hidden, "more client is", "more clients are")} not listed.`);
}

function summary(state) {
  const nodes = state.nodes.map((one) => `${one.host} ${one.status.replaceAll("_", " ")}`);
  const cut = state.links.filter((one) => one.state !== "whole").map((one) => `link ${one.name} ${one.state}`);
  const down = [...state.sides, ...state.databases].flatMap((one) => one.services
    .filter((service) => service.state !== "Started").map((service) => `${service.title} on ${one.host} ${service.state}`));
  const signedIn = state.agents.filter((one) => one.signed_in).length;
  return [...nodes, ...cut, ...down, plural(signedIn, "agent signed in", "agents signed in")].join(" · ");
}

function show(state) {
  seen = state;
  say(at("summary"), summary(state)); // read out when it changes, and only then
  showNodes(state);
  showLinks(state);
  showCalls(state);
  showAgents(state);
  showClients(state);
  for (const failure of state.failures) {
    if (failure.number > failuresSeen) {
      failuresSeen = failure.number;
      log(failure.said, false);
    }
  }
}

// The last one stands at the top, which is read out; all of them stand at the end of the page.
function log(text, good) {
  const said = good ? text : `Not done: ${text}`;
  at("last").className = good ? "" : "bad";
  at("last").textContent = said;
  at("log").prepend(make("li", { class: good ? "" : "bad" }, said));
  while (at("log").children.length > LOG_KEPT) {
    at("log").lastChild.remove();
  }
  at("no-log").hidden = true;
}

// --- Asking and ordering --------------------------------------------------------------------------------------------

async function look() {
  const answer = await fetch("state", {
    headers: tag === "" ? {} : { "If-None-Match": tag }, cache: "no-store", signal: AbortSignal.timeout(STATE_WITHIN_MS) });
  if (answer.status === 304) {
    showAges();
  } else if (answer.ok) {
    const state = await answer.json();
    clock = { mock_s: Number(answer.headers.get("Mock-Clock-S")), here_ms: performance.now() };
    tag = answer.headers.get("ETag") ?? "";
    show(state);
  } else {
    throw new Error((await answer.text()).slice(0, 200));
  }
}

async function give(order, button) {
  // Not `disabled`, which would take the focus away from whoever stands on it.
  if (button.getAttribute("aria-disabled") === "true") {
    return;
  }
  button.setAttribute("aria-disabled", "true");
  try {
    const answer = await fetch("orders", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order),
      signal: AbortSignal.timeout(ORDER_WITHIN_MS) });
    const text = await answer.text();
    let said = text.trim().slice(0, 200);
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) {
      said = JSON.parse(text).said;
    }
    log(said, answer.ok);
  } catch (error) {
    log(`no answer from the mock (${error.message})`, false);
  } finally {
    button.removeAttribute("aria-disabled");
    wake();
  }
}

async function follow() {
  for (;;) {
    try {
      await look();
      at("lost").hidden = true;
    } catch (error) {
      tag = "";
      say(at("lost"), `The mock does not answer; what is shown may be old. It is asked again every second. (${error.message})`);
      at("lost").hidden = false;
    }
    await new Promise((awake) => {
      wake = awake;
      setTimeout(awake, document.hidden ? HIDDEN_EVERY_MS : EVERY_MS);
    });
  }
}

at("dial").addEventListener("submit", (event) => {
  event.preventDefault();
  const order = { do: "call", phone: at("dial-phone").value, number: at("dial-number").value.trim() };
  give(order, event.submitter ?? at("dial").querySelector("button"));
});
at("filter").addEventListener("input", () => seen !== null && showAgents(seen));
at("filter").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("visibilitychange", () => wake());
follow();
