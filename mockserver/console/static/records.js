// Records: a table's list, and one of them as a form, as JSON and as what became of it.

import { $, $$, attempt, confirmed, fill, forgive, h, number, plural, refuse, toast, tree } from "./dom.js";
import { bind, moveThrough } from "./keys.js";
import { readForm, recordForm } from "./forms.js";
import { call, here } from "./plane.js";

const CHANGES = "changes";
const PAGE = 50;
const MOST_COLUMNS = 6;
const TELLING = ["name", "key", "event", "email", "first_name", "distinct_id", "distinct_ids", "content", "title", "path",
  "label", "short_id", "group_key", "type", "scope", "level", "active", "properties", "timestamp", "created_at"];

const query = new URLSearchParams(location.search);
const chosen = { table: query.get("table") ?? "persons", record: query.get("record"), search: "", ordering: null, offset: 0 };
const lists = { tables: $("#tables"), records: $("#records") };
let tables = [];
const current = () => tables.find((each) => each.table === chosen.table);
const path = (record) => here(`/records/${chosen.table}${record === undefined ? "" : `/${encodeURIComponent(record)}`}`);

/** Keep in the address what is looked at, so that it can be sent to somebody. */
function remember() {
  query.set("table", chosen.table);
  if (chosen.record === null) query.delete("record");
  else query.set("record", chosen.record);
  history.replaceState(null, "", `?${query}`);
}

// The tables

async function showTables() {
  ({ tables } = await call("GET", here("/records")));
  const wanted = $("#find-table").value.trim().toLowerCase();
  const shown = tables.filter((each) => each.table.includes(wanted)).toSorted((one, other) =>
    Number(other.records > 0) - Number(one.records > 0) || one.table.localeCompare(other.table));
  const item = (name, label, about) => h("li", h("button", { type: "button", "aria-pressed": String(name === chosen.table),
    onclick: () => attempt(() => choose(name)) }, h("span.table-name", label), about));
  fill(lists.tables, item(CHANGES, "What changed", h("span.count", tables.some((each) => each.changed) ? "●" : "")),
    shown.map((each) => item(each.table, each.table, h("span.count", { class: each.records ? "" : "none",
      title: each.changed ? "written to since the world began" : null }, each.changed ? "● " : "", number(each.records)))));
  fill($("#choose-table"), h("option", { value: CHANGES, selected: chosen.table === CHANGES }, "What changed"),
    shown.map((each) => h("option", { value: each.table, selected: each.table === chosen.table }, `${each.table} (${each.records})`)));
}

async function choose(table, record = null) {
  Object.assign(chosen, { table, record, search: "", ordering: null, offset: 0 });
  $("#search").value = "";
  close();
  remember();
  for (const button of $$("button", lists.tables)) {
    button.setAttribute("aria-pressed", String(button.querySelector(".table-name").textContent === (table === CHANGES ? "What changed" : table)));
  }
  $("#choose-table").value = table;
  $("#bar").hidden = table === CHANGES;
  await (table === CHANGES ? showChanges() : showRecords());
  if (record !== null) await open(record);
}

// The list

async function showRecords() {
  const about = current();
  if (!about) return fill(lists.records, h("p.empty", `There is no table ${chosen.table}.`));
  const asked = new URLSearchParams({ limit: PAGE, offset: chosen.offset });
  if (chosen.search) asked.set("search", chosen.search);
  if (chosen.ordering) asked.set("ordering", chosen.ordering);
  const { records, count } = await call("GET", `${path()}?${asked}`);
  const last = Math.min(chosen.offset + PAGE, count);
  $("#about").textContent = about.component ? `${about.table}: ${about.component} of the contract, as it is stored.` : `${about.table}, as it is stored.`;
  $("#count").textContent = count > PAGE ? `${number(chosen.offset + 1)}–${number(last)} of ${number(count)}` : plural(count, "record");
  $("#before").disabled = chosen.offset === 0;
  $("#after").disabled = last >= count;
  $("#add").disabled = !about.editable;
  $("#add").title = about.editable ? "" : "These follow from other records";
  if (!records.length) {
    return fill(lists.records, h("div.empty", h("p", chosen.search ? `Nothing holds “${chosen.search}”.` : `${about.table} holds nothing.`)));
  }
  const columns = columnsOf(about, records);
  const head = columns.map((name) => h("th", { "aria-sort": sorted(name) }, h("button.link", { type: "button",
    onclick: () => attempt(() => sort(name)) }, name, { ascending: " ↑", descending: " ↓" }[sorted(name)] ?? "")));
  fill(lists.records, h("div.scroller", h("table.list", h("thead", h("tr", head)), h("tbody", records.map((record) => {
    const id = String(record[about.key]);
    return h("tr.clickable", { dataset: { id }, "aria-current": String(id === chosen.record), onclick: () => attempt(() => open(id)) },
      columns.map((name, place) => h("td", { class: place === 0 ? "mono tight" : "" },
        place === 0 ? h("button.link", { type: "button", "aria-label": `Open ${id}` }, short(record[name])) : short(record[name]))));
  })))));
}

function columnsOf(about, records) {
  const names = [...new Set(records.slice(0, 10).flatMap(Object.keys))];
  const told = [...TELLING.filter((name) => names.includes(name)), ...names.filter((name) => !TELLING.includes(name)
    && !name.endsWith("project_id") && records.some((record) => record[name] !== null && typeof record[name] !== "object"))];
  return [about.key, ...told.filter((name) => name !== about.key)].slice(0, MOST_COLUMNS);
}

function short(value) {
  if (value === null || value === undefined) return h("span.muted", "–");
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const most = typeof value === "object" ? 42 : 60;
  return h("span", { title: text.length > most ? text.slice(0, 600) : null }, text.length > most ? `${text.slice(0, most - 2)}…` : text);
}

const sorted = (name) =>
  chosen.ordering === name ? "ascending" : chosen.ordering === `-${name}` ? "descending" : null;

async function sort(name) {
  chosen.ordering = sorted(name) === "ascending" ? `-${name}` : sorted(name) === "descending" ? null : name;
  chosen.offset = 0;
  await showRecords();
}

async function turn(pages) {
  chosen.offset = Math.max(0, chosen.offset + pages * PAGE);
  await showRecords();
}

// One record

function close() {
  chosen.record = null;
  $("#panel").hidden = true;
  $("#split").classList.remove("open");
  for (const row of $$("tr[aria-current=true]", lists.records)) row.setAttribute("aria-current", "false");
}

/** Open a record by its key. */
async function open(id) {
  const record = await call("GET", path(id));
  chosen.record = id;
  remember();
  for (const row of $$("tr[data-id]", lists.records)) row.setAttribute("aria-current", String(row.dataset.id === id));
  showPanel(record);
}

function showPanel(record) {
  const about = current();
  const isNew = record === null;
  const views = { Form: () => formView(about, record), JSON: () => jsonView(about, record) };
  if (!isNew) views.Changes = () => changesView(about, record);
  const body = h("div");
  const tabs = Object.entries(views).map(([name, view]) => h("button", { type: "button", "aria-pressed": "false",
    onclick: (event) => {
      for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab === event.currentTarget));
      attempt(async () => fill(body, await view()));
    } }, name));
  fill($("#panel"), h("header", h("h2", isNew ? `New in ${about.table}` : `${about.table} ${record[about.key]}`),
    h("button.ghost", { type: "button", "aria-label": "Close", onclick: () => (close(), remember()) }, "✕")),
    h("div.bar", tabs, h("span.spacer"), !isNew && about.editable && h("button.danger", { type: "button", onclick: () => attempt(() => erase(about, record)) }, "Delete")), body);
  $("#panel").hidden = false;
  $("#split").classList.add("open");
  tabs[0].click();
}

function formView(about, record) {
  if (!about.editable) return [h("p.note", "These records follow from others, and are nobody's to write."), tree(record)];
  const form = recordForm(about, record);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form, about, record, () => readForm(form));
  });
  return form;
}

function jsonView(about, record) {
  const given = record ?? Object.fromEntries(Object.entries(about.fields).filter(([, spec]) => spec.required).map(([name]) => [name, null]));
  const text = h("textarea.whole", { name: "json", "aria-label": "The record as JSON", spellcheck: "false", readonly: !about.editable,
    value: JSON.stringify(given, null, 2) });
  const form = h("form", { novalidate: true }, h("label.field", text, h("small.refusal", { role: "alert" })), h("small.refusal.whole", { role: "alert" }),
    about.editable && h("div.actions", h("button.primary", { type: "submit" }, record ? "Save" : "Add")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    save(form, about, record, () => {
      const whole = JSON.parse(text.value);
      return record ? Object.fromEntries(Object.entries(whole).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(record[name]))) : whole;
    });
  });
  return form;
}

async function save(form, about, record, read) {
  forgive(form);
  try {
    const values = read();
    if (record && !Object.keys(values).length) return toast("Nothing is changed.");
    const saved = record ? await call("PATCH", path(record[about.key]), values) : await call("POST", path(), values);
    toast(record ? "Saved." : "Added.");
    await Promise.all([showTables(), showRecords()]);
    await open(String(saved[about.key]));
  } catch (error) {
    refuse(form, error);
  }
}

async function erase(about, record) {
  const meant = await confirmed(`Delete ${about.table} ${record[about.key]}?`,
    "It is gone for good, and what refers to it keeps its id. A reset of the world brings it back.", "Delete");
  if (!meant) return;
  await call("DELETE", path(record[about.key]));
  close();
  remember();
  toast("Deleted.");
  await Promise.all([showTables(), showRecords()]);
}

// What changed

async function changesView(about, record) {
  const { tables: [found] } = await call("GET", `${here("/changes")}?${new URLSearchParams({ table: about.table, limit: 1000 })}`);
  const change = found?.changes.find(({ after }) => after?.[about.key] === record[about.key]);
  if (!change) return h("p.muted", "It is as it was when the world began.");
  return change.before ? difference(change) : [h("p.note.good", "It was not there when the world began."), tree(record)];
}

/** The fields of a record that are not what they were, each with both. */
function difference({ before, after }) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const told = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const side = (kind, sign, value) => h(`${kind}.told`, h("span.sign", { "aria-hidden": "true" }, sign), value === undefined ? "–" : JSON.stringify(value, null, 2));
  return h("dl.difference", told.map((name) => h("div", h("dt", name), h("dd", side("del", "−", before[name]), side("ins", "+", after[name])))));
}

async function showChanges() {
  $("#about").textContent = "What is not as it was when the world began. A reset takes all of it back.";
  const { tables: found } = await call("GET", `${here("/changes")}?limit=100`);
  if (!found.length) return fill(lists.records, h("div.empty", h("p", "Nothing has changed since the world began.")));
  fill(lists.records, found.map((table) => h("section", h("h2", h("code", table.table), " ", h("span.tag", number(table.count))),
    table.changes.map((change) => {
      const record = change.after ?? change.before;
      const kind = change.before === null ? ["added", "good"] : change.after === null ? ["removed", "bad"] : ["changed", "warn"];
      return h("details.change", h("summary", h("span.tag", { class: kind[1] }, kind[0]), " ", h("code", String(record[table.key])), " ",
        h("span.muted", headline(record)), change.after && h("button.link", { type: "button",
          onclick: (event) => (event.preventDefault(), attempt(() => choose(table.table, String(record[table.key])))) }, "Open")),
      kind[0] === "changed" ? difference(change) : tree(record));
    }), table.count > table.changes.length && h("p.muted", `and ${number(table.count - table.changes.length)} more`))));
}

function headline(record) {
  const name = TELLING.find((each) => typeof record[each] === "string" && record[each]);
  return name ? record[name].slice(0, 80) : "";
}

// What a person does

let typing;
$("#search").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => attempt(async () => {
    Object.assign(chosen, { search: $("#search").value.trim(), offset: 0 });
    await showRecords();
  }), 200);
});
$("#find-table").addEventListener("input", () => attempt(showTables));
$("#choose-table").addEventListener("change", (event) => attempt(() => choose(event.target.value)));
$("#before").addEventListener("click", () => attempt(() => turn(-1)));
$("#after").addEventListener("click", () => attempt(() => turn(1)));
$("#add").addEventListener("click", () => {
  close();
  showPanel(null);
});
moveThrough(lists.records, "tr[data-id]", { what: "record", open: (row) => attempt(() => open(row.dataset.id)) });
bind({
  n: ["New record", () => $("#add").click()],
  Escape: ["Close the record", () => (close(), remember())],
  "/": ["Search", () => $("#search").select()],
});

attempt(async () => {
  const wanted = chosen.record;
  await showTables();
  await choose(chosen.table, wanted);
});
