// Events: a timeline with its histogram; one of them opened, and the person whose it is.

import { $, $$, attempt, fill, h, number, plural, tree } from "./dom.js";
import { bars } from "./charts.js";
import { bind, moveThrough } from "./keys.js";
import { call, here, world } from "./plane.js";

const PAGE = 60;
const MOST_NAMES = 24;
const MOST_SORTED = 50_000;
const query = new URLSearchParams(location.search);
const asked = { event: query.get("event"), distinct_id: query.get("distinct_id"), search: "", shown: PAGE };
const timeline = $("#timeline");
let many = false;

/** Show what fits; the histogram counts by name and person alone. */
async function refresh() {
  const told = await counted();
  many = told.held > MOST_SORTED;
  showHistogram(told);
  showNames(told);
  showTimeline(await listed());
}

const counted = () => call("GET", here(`/events/histogram?${filters({ buckets: 60 })}`));

/** The latest events: by when they happened, or, of those that arrived, by when they came. */
async function listed() {
  if ($("#arrived").checked || asked.event || asked.distinct_id) {
    const { events, count } = await call("GET", here(`/events?${filters({ ...($("#arrived").checked && { arrived: "true" }) })}`));
    const wanted = asked.search.toLowerCase();
    const found = events.filter((event) => JSON.stringify(Object.values(event)).toLowerCase().includes(wanted))
      .sort((one, other) => (one.timestamp < other.timestamp ? 1 : -1));
    return { events: found.slice(0, asked.shown), count: wanted ? found.length : count };
  }
  // Of very many, the latest to arrive: sorting would read all of them.
  const page = new URLSearchParams({ limit: asked.shown, ...(!many && { ordering: "-timestamp" }), ...(asked.search && { search: asked.search }) });
  const { records, count } = await call("GET", here(`/records/events?${page}`));
  return { events: records, count };
}

function filters(more) {
  const parameters = new URLSearchParams(more);
  for (const name of ["event", "distinct_id"]) if (asked[name]) parameters.set(name, asked[name]);
  return parameters;
}

function showHistogram({ from, to, buckets, count, held }) {
  if (!count) return fill($("#histogram"), h("p.muted", "No events fit."));
  const [first, last] = [Date.parse(from), Date.parse(to)];
  const span = (last - first) / buckets.length;
  const long = last - first > 2 * 86_400_000;
  const spelled = (at) => {
    const iso = new Date(at).toISOString();
    return long ? iso.slice(5, 10) : iso.slice(11, 16);
  };
  fill($("#histogram"), bars(buckets.map((value, place) => ({
    value, label: spelled(first + place * span),
    title: `${plural(value, "event")}, ${new Date(first + place * span).toISOString().slice(0, 16).replace("T", " ")} on`,
  })), `${plural(count, "event")} from ${from} to ${to}`, 150), held > MOST_SORTED && h("p.muted", `The ${number(MOST_SORTED)} latest to arrive, of ${number(held)}.`));
}

function showNames({ events }) {
  const names = events.slice(0, MOST_NAMES);
  const chip = (name, count) => h("button", { type: "button", "aria-pressed": String(asked.event === name),
    onclick: () => attempt(() => narrow("event", asked.event === name ? null : name)) }, name, " ", h("span.muted", number(count)));
  fill($("#names"), asked.distinct_id && h("button", { type: "button", "aria-pressed": "true", "aria-label": `Not only ${asked.distinct_id}`,
    onclick: () => attempt(() => narrow("distinct_id", null)) }, `of ${asked.distinct_id} ✕`), names.map(({ event, count }) => chip(event, count)));
}

function showTimeline({ events, count }) {
  $("#count").textContent = plural(count, "event");
  $("#more").hidden = events.length >= count;
  $("#none").hidden = events.length > 0;
  $("#none").textContent = $("#arrived").checked ? "Nothing has arrived since the world began. Point an SDK here and capture something." : "No events fit.";
  fill(timeline, events.map((event) => h("li", { dataset: { uuid: event.uuid } }, h("button", { type: "button", onclick: (click) => {
    for (const item of $$("li", timeline)) item.setAttribute("aria-current", String(item === click.currentTarget.parentNode));
    attempt(() => open(event));
  } }, h("time", { datetime: event.timestamp, title: event.timestamp }, event.timestamp.slice(0, 19).replace("T", " ")),
  h("span.event-name", event.event), h("span.who", headline(event))))));
}

const headline = (event) => event.properties.$current_url ?? event.properties.$pathname ?? event.distinct_id;

async function narrow(name, value) {
  Object.assign(asked, { [name]: value, shown: PAGE });
  const parameters = new URLSearchParams(location.search);
  if (value === null) parameters.delete(name);
  else parameters.set(name, value);
  history.replaceState(null, "", `?${parameters}`);
  await refresh();
}

/** Open an event beside the list, with its person. */
async function open(event) {
  const facts = { event: event.event, "distinct id": event.distinct_id, happened: event.timestamp, uuid: event.uuid };
  const whose = h("section", h("h3", "Person"), h("p.muted", "…"));
  fill($("#panel"), h("header", h("h2", event.event), h("button.ghost", { type: "button", "aria-label": "Close", onclick: close }, "✕")),
    h("dl.facts", Object.entries(facts).map(([name, value]) => [h("dt", name), h("dd", h("code", value))])),
    h("section", h("h3", "Properties"), tree(event.properties)), whose);
  $("#panel").hidden = false;
  $("#split").classList.add("open");
  fill(whose, h("h3", "Person"), await person(event));
}

async function person(event) {
  const { records } = await call("GET", here(`/records/persons?${new URLSearchParams({ search: event.distinct_id, limit: 20 })}`));
  const found = records.find((each) => each.distinct_ids.includes(event.distinct_id));
  if (!found) return h("p.muted", "Nobody: the event made no person, or they are gone.");
  const whole = new URLSearchParams({ table: "persons", record: found.id, ...(world !== "default" && { world }) });
  const { count } = await call("GET", here(`/events/histogram?${new URLSearchParams({ distinct_id: event.distinct_id, buckets: 1 })}`));
  return [h("p", h("strong", found.properties.name ?? found.properties.email ?? event.distinct_id), " ", h("span.muted", found.is_identified ? "identified" : "anonymous")),
    h("div.actions.left", h("button", { type: "button", onclick: () => attempt(() => narrow("distinct_id", event.distinct_id)) }, `Their ${plural(count, "event")}`),
      h("a", { href: `records?${whole}` }, "The record")), tree(found.properties, { open: 1 })];
}

function close() {
  $("#panel").hidden = true;
  $("#split").classList.remove("open");
}

let typing;
$("#search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => attempt(async () => {
    Object.assign(asked, { search: $("#search").value.trim(), shown: PAGE });
    showTimeline(await listed());
  }), 200);
});
$("#arrived").addEventListener("change", () => attempt(async () => showTimeline(await listed())));
$("#refresh").addEventListener("click", () => attempt(refresh));
$("#more").addEventListener("click", () => attempt(async () => {
  asked.shown += PAGE * 3;
  showTimeline(await listed());
}));
moveThrough(timeline, "li", { what: "event", open: (item) => $("button", item).click() });
bind({ r: ["Refresh", () => $("#refresh").click()], Escape: ["Close the event", close] });

attempt(refresh);
