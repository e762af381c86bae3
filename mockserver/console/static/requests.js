// Requests: what clients send, as they send it, and why it was refused.

import { $, $$, attempt, confirmed, copyButton, duration, fill, h, method, moment, number, plural, status, toast, tree } from "./dom.js";
import { bind, moveThrough } from "./keys.js";
import { call, describe, here, project } from "./plane.js";
import { planFault, planStub } from "./planning.js";
import { asCurl, asTest } from "./spelling.js";
import { listen } from "./stream.js";

const FIRST_ROWS = 100; // as many as a screen shows are painted before the rest is asked for
const MOST_ROWS = 1000;
const list = $("#requests");
const body = $("tbody", list);
const panel = $("#opened");
const filters = { text: $("#text"), method: $("#method"), status: $("#status"), operation: $("#operation") };

/** Every entry that is known, the newest first, each with the row that shows it. */
let entries = [];
let waiting = [];
let paused = false;
let opened = null;

// ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const statuses = {
  "": () => true,
  refused: (code) => code === null || code >= 400,
  dropped: (code) => code === null,
};

function fits(entry) {
  const judge = statuses[filters.status.value] ?? ((code) => Math.floor(code / 100) === Number(filters.status.value));
  if (filters.method.value && entry.method !== filters.method.value) return false;
  if (filters.operation.value && entry.operation !== filters.operation.value) return false;
  return judge(entry.status) && filters.text.value.toLowerCase().split(/\s+/).every((word) => entry.words.includes(word));
}

const query = (entry) => {
  const pairs = Object.entries(entry.query).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
};

function row(entry) {
  const refused = entry.status === null || entry.status >= 400;
  return h("tr.clickable", { dataset: { id: entry.id }, onclick: () => open(entry) },
    h("td", status(entry.status)),
    h("td", method(entry.method)),
    h("td.grow", h("div.line", h("button.link.path", { type: "button", title: entry.path + query(entry) }, entry.path,
      h("span.muted", query(entry))), entry.planned && h("span.tag.warn", entry.planned)),
      refused && entry.detail && h("div.why", entry.detail)),
    h("td.operation.narrow-hidden.muted", { title: entry.operation ?? "" }, entry.operation ?? "–"),
    h("td.right.muted.narrow-hidden", duration(entry.duration_ms)),
    h("td.muted.narrow-hidden", moment(entry.at)));
}

const ids = new Set();

function known(entry) {
  ids.add(entry.id);
  entry.words = [entry.method, entry.path + query(entry), entry.operation, entry.detail, entry.status ?? "dropped", entry.planned]
    .join(" ").toLowerCase();
  entry.row = row(entry);
  entry.row.hidden = !fits(entry);
  return entry;
}

function add(news, { fresh = false } = {}) {
  const added = news.filter((entry) => !ids.has(entry.id)).map(known).reverse();
  if (!added.length) return;
  entries = [...added, ...entries];
  body.prepend(...added.map((entry) => entry.row));
  if (fresh) for (const entry of added) entry.row.classList.add("new");
  for (const old of entries.splice(MOST_ROWS)) {
    old.row.remove();
    ids.delete(old.id);
  }
  for (const entry of added) noteOperation(entry.operation);
  tell();
}

/** Put what stands before `first` in a list, the oldest first, under what is shown. */
function addOlder(all, first) {
  const room = Math.max(0, MOST_ROWS - entries.length);
  const before = all.slice(0, Math.max(0, all.findIndex((entry) => entry.id === first.id)));
  const older = before.filter((entry) => !ids.has(entry.id)).reverse().slice(0, room).map(known);
  entries.push(...older);
  body.append(...older.map((entry) => entry.row));
  for (const entry of older) noteOperation(entry.operation);
  tell();
}

const operations = new Set();

function noteOperation(operation) {
  if (!operation || operations.has(operation)) return;
  operations.add(operation);
  const chosen = filters.operation.value;
  fill(filters.operation, h("option", { value: "" }, "Any operation"), [...operations].sort().map((id) => h("option", id)));
  filters.operation.value = chosen;
}

function tell() {
  const shown = entries.filter((entry) => !entry.row.hidden).length;
  const refused = entries.filter((entry) => entry.status === null || entry.status >= 400).length;
  $("#count").textContent = entries.length
    ? `${shown === entries.length ? plural(shown, "request") : `${number(shown)} of ${plural(entries.length, "request")}`}${refused ? ` · ${refused} refused` : ""}`
    : "";
  list.hidden = !shown;
  $("#empty").hidden = Boolean(shown);
  if (!shown) attempt(tellEmpty);
}

async function tellEmpty() {
  if (entries.length) {
    fill($("#empty"), h("p", "No request fits the filters."), h("button", { type: "button", onclick: () => {
      for (const control of Object.values(filters)) control.value = "";
      filter();
    } }, "Show all"));
    return;
  }
  const { api_key: key } = await describe();
  const command = `curl -H 'Authorization: Bearer ${key}' '${location.origin}${await project("/annotations/?limit=2")}'`;
  if (entries.length) return;
  fill($("#empty"), h("p", "Nothing was asked of this world yet. Send something; it appears here as it is answered."),
    h("pre.code", { tabindex: "0" }, command), h("p"), copyButton(command, "Copy curl"));
}

function filter() {
  for (const entry of entries) entry.row.hidden = !fits(entry);
  tell();
}

for (const control of Object.values(filters)) control.addEventListener("input", filter);

// ── The stream ────────────────────────────────────────────────────────────────────────────────────────────────────────

let gathered = [];

function take(name, entry) {
  if (name === "cleared") return forget();
  gathered.push(entry);
  if (gathered.length === 1) requestAnimationFrame(() => { // what comes in one piece is painted in one
    const news = gathered;
    gathered = [];
    if (paused) waiting.push(...news);
    else add(news, { fresh: true });
    if (paused) $("#pause").textContent = `Resume · ${waiting.length}`;
  });
}

let emptied = 0;

function forget() {
  emptied += 1;
  entries = [];
  waiting = [];
  ids.clear();
  body.replaceChildren();
  tell();
}

const latestOf = async (limit) => (await call("GET", here(`/requests?brief=true&limit=${limit}`))).requests;

const told = attempt(async () => {
  const requests = await latestOf(FIRST_ROWS);
  add(requests);
  tell();
  const latest = Math.max(0, ...requests.map((entry) => entry.id));
  listen((last) => here(`/requests/stream?brief=true&since=${last ?? latest}`), take, (isOn, why) => {
    $("#live").textContent = isOn ? "live" : why;
    $("#live").classList.toggle("on", isOn);
  });
  if (requests.length < FIRST_ROWS) return;
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  const before = emptied;
  const all = await latestOf(MOST_ROWS);
  if (before === emptied) addOlder(all, requests[0]);
});

const pause = () => {
  paused = !paused;
  $("#pause").setAttribute("aria-pressed", paused);
  $("#pause").textContent = paused ? "Resume" : "Pause";
  if (!paused) add(waiting.splice(0));
};
$("#pause").addEventListener("click", pause);
$("#clear").addEventListener("click", () => attempt(async () => {
  if (!entries.length || !(await confirmed("Forget every request?", "The journal of this world is emptied; coverage stays.", "Forget"))) return;
  await call("DELETE", here("/requests"));
  forget();
  close();
}));

// ── What is opened ────────────────────────────────────────────────────────────────────────────────────────────────────

async function open(line) {
  await attempt(async () => {
    const entry = await call("GET", here(`/requests/${line.id}`));
    opened = entry;
    line.row && moving.choose(line.row);
    show(entry, await describe());
    history.replaceState(null, "", `#${line.id}`);
  });
}

function close() {
  opened = null;
  panel.hidden = true;
  $("#split").classList.remove("open");
  history.replaceState(null, "", location.pathname + location.search);
}

function show(entry, world) {
  const { operation, contract, reason } = entry.explanation;
  fill(panel,
    h("header", status(entry.status), h("h2", entry.method, " ", entry.path, h("span.muted", query(entry))),
      h("button.ghost", { type: "button", "aria-label": "Close", title: "Close (Esc)", onclick: close }, "✕")),
    reason && why(reason),
    h("div.actions.left",
      copyButton(() => asCurl(entry, world), "Copy as curl"),
      copyButton(() => asTest(entry, world), "Copy as a test"),
      h("button", { type: "button", onclick: again }, "Send again"),
      h("button", { type: "button", onclick: () => planStub(prefilled(entry)) }, "Make a stub"),
      h("button", { type: "button", onclick: () => planFault(prefilled(entry)) }, "Make it fail")),
    h("section", h("h3", "Answer"),
      h("dl.facts",
        h("dt", "Took"), h("dd", duration(entry.duration_ms), " at ", h("time", { datetime: entry.at }, entry.at)),
        entry.planned && [h("dt", "Planned"), h("dd", "by ", h("span.tag.warn", entry.planned))],
        h("dt", "Contract"), h("dd", verdict(contract, operation)))),
    operation && documented(operation, entry.status),
    entry.response !== null && h("section", h("h3", "Response body"), tree(entry.response)),
    entry.body !== null && h("section", h("h3", "Request body"), tree(entry.body, { open: 3 })),
    Object.keys(entry.query).length > 0 && h("section", h("h3", "Query"), facts(entry.query)),
    h("section", h("h3", "Request headers"), facts(entry.headers)));
  panel.hidden = false;
  panel.scrollTop = 0;
  $("#split").classList.add("open");
}

const facts = (values) => h("dl.facts.mono", Object.entries(values).map(([name, value]) => [h("dt", name), h("dd", [value].flat().join(", "))]));

function verdict(contract, operation) {
  if (contract.kept === true) return h("span.tag.good", "kept");
  if (contract.kept === false) return [h("span.tag.bad", "broken"), " ", contract.problem];
  return h("span.muted", operation ? "cannot be told of this answer" : "no operation of the contract was asked for");
}

const TITLES = {
  route: "There is no such path", method: "This path does not answer the method", key: "The key was refused",
  scope: "The key lacks a scope", tenant: "Not in this world", field: "A field was refused", body: "The body cannot be read",
  planned: "This was planned", record: "There is no such record", media: "The media type was refused",
  throttled: "Too many requests", not_modelled: "Not answered by this server", refused: "Refused",
};

/** Say why, and what would have done. */
function why(reason) {
  const lines = [h("p", h("strong", TITLES[reason.kind] ?? "Refused"))];
  if (reason.kind === "field") {
    lines.push(h("p", h("code", reason.field), " – ", reason.text));
    lines.push(h("p", reason.is_sent ? ["It was sent as ", h("code", JSON.stringify(reason.sent))] : "It was not sent", ". ", expected(reason.expected)));
  } else if (reason.closest) {
    lines.push(h("p", "The closest is ", h("code", reason.closest.path), ", which answers ", h("code", reason.closest.methods.join(", ")), "."));
  } else lines.push(h("p", reason.text));
  if (reason.kind === "scope") {
    const own = reason.scopes.filter((scope) => scope.split(":")[0] === reason.scope.split(":")[0]);
    lines.push(h("p", "Of this object it has ", own.length ? own.map((scope, place) => [place > 0 && ", ", h("code", scope)]) : "no scope",
      reason.scopes.length > own.length && [" and ", h("details.inline", h("summary", `${reason.scopes.length - own.length} others`), reason.scopes.join(", "))]));
  }
  if (reason.by) lines.push(h("p", h("a", { href: new URL(`faults${location.search}`, location.href) }, "Faults and stubs of this world")));
  return h("div.note.bad", { id: "why" }, lines);
}

function expected(schema) {
  if (!schema) return null;
  if (schema.enum) return ["It may be ", schema.enum.map((value) => [h("code", JSON.stringify(value)), " "])];
  const told = [schema.type && [schema.type].flat().join(" or "), schema.format, schema.maxLength && `at most ${schema.maxLength} characters`]
    .filter(Boolean).join(", ");
  return [told && `Expected: ${told}. `, schema.description];
}

function documented(operation, code) {
  return h("section", h("h3", "Operation", operation.standing !== "promised" && h("span.tag", operation.standing)),
    h("p", h("strong", operation.summary ?? operation.id)),
    operation.description && h("p.muted", operation.description),
    h("dl.facts",
      h("dt", "Name"), h("dd.mono", operation.id),
      h("dt", "Path"), h("dd.mono", operation.method, " ", operation.path),
      h("dt", "Scopes"), h("dd", operation.scopes.length ? operation.scopes.map((scope) => [h("code", scope), " "]) : "none"),
      h("dt", "Answers"), h("dd", Object.entries(operation.answers).map(([each, text]) =>
        [h("span.status", { title: text ?? "", class: each === String(code) ? `s${each[0]}` : "" }, each), " "]))));
}

const prefilled = (entry) => ({
  operation: entry.operation, method: entry.method, path: entry.path,
  status: entry.status, body: entry.response, statuses: entry.explanation.operation?.answers,
});

const again = () => opened && attempt(async () => {
  const entry = await call("POST", here(`/requests/${opened.id}/resend`));
  toast(`Sent again: ${entry.status ?? "dropped"} in ${duration(entry.duration_ms)}`);
  await open(entry);
});

const find = (item) => entries.find((entry) => entry.row === item);
const moving = moveThrough(body, "tr", { what: "request", open: (item) => open(find(item)) });
body.addEventListener("moved", (event) => {
  const entry = find(event.detail);
  if (opened && entry && entry.id !== opened.id) open(entry);
});

bind({
  Escape: ["Close what is open", close],
  p: ["Pause, resume", pause],
  r: ["Send it again", again],
  c: ["Copy as curl", () => $("button", $(".actions", panel) ?? panel)?.click()],
  s: ["Make a stub", () => opened && planStub(prefilled(opened))],
  f: ["Make it fail", () => opened && planFault(prefilled(opened))],
});

const asked = Number(location.hash.slice(1));
if (asked) told.then(() => open(entries.find((entry) => entry.id === asked) ?? { id: asked }));
