// Flags: each with its switch, and for one of them whom it is for, and why.

import { $, $$, attempt, confirmed, field, fill, h, openDialog, plural, toast, tree } from "./dom.js";
import { shares } from "./charts.js";
import { bind, moveThrough } from "./keys.js";
import { call, describe, here, Refusal, world } from "./plane.js";

const MOST_ASKED = 200;
const list = $("#flags");
let flags = [];

/** Show the flags of the world's first project, which is the one that its token is of. */
async function refresh() {
  const [{ project_id }, { records }] = await Promise.all([describe(), call("GET", here("/records/feature_flags?limit=1000"))]);
  flags = records.filter((flag) => flag.project_id === project_id && !flag.deleted);
  show();
}

function show() {
  const wanted = $("#search").value.trim().toLowerCase();
  const shown = flags.filter((flag) => `${flag.key} ${flag.name}`.toLowerCase().includes(wanted));
  if (!shown.length) {
    return fill(list, h("div.empty", h("p", flags.length ? "No flag is called so." : "The project has no flags yet.")));
  }
  fill(list, h("div.scroller", h("table.list", h("thead", h("tr", h("th", "On"), h("th", "Key"), h("th.narrow-hidden.when-closed", "For"))),
    h("tbody", shown.map((flag) => h("tr.clickable", { dataset: { key: flag.key }, onclick: () => attempt(() => open(flag)) },
      h("td.tight", h("input.switch", { type: "checkbox", role: "switch", checked: flag.active, "aria-label": `${flag.key} is on`,
        onclick: (event) => event.stopPropagation(), onchange: (event) => turn(flag, event.target) })),
      h("td", h("button.link.mono", { type: "button" }, flag.key), flag.name && flag.name !== flag.key && h("div.muted.wrap", flag.name)),
      h("td.narrow-hidden.when-closed.muted", audience(flag))))))));
}

/** In words whom a flag is for. */
function audience({ filters }) {
  const sets = filters?.groups ?? [];
  const variants = filters?.multivariate?.variants ?? [];
  const told = sets.map(({ properties = [], rollout_percentage: share }) => {
    const conditions = properties.map(({ key, operator, value }) => `${key} ${operator ?? "is"} ${[value].flat().join(" or ")}`).join(" and ");
    return `${share === null || share === undefined || share === 100 ? "all" : `${share} %`}${conditions ? ` with ${conditions}` : ""}`;
  });
  const text = told.join("; or ") || "nobody";
  return `${text.length > 70 ? `${text.slice(0, 68)}…` : text}${variants.length ? ` · ${plural(variants.length, "variant")}` : ""}`;
}

async function turn(flag, control) {
  try {
    Object.assign(flag, await call("PATCH", here(`/records/feature_flags/${flag.id}`), { active: control.checked }));
    toast(`${flag.key} is ${flag.active ? "on" : "off"}.`);
    if ($("#panel").dataset.key === flag.key) await open(flag);
  } catch (error) {
    control.checked = flag.active;
    toast(error.message, "bad");
  }
}

/** Open a flag: how many get what, each of them with the reason. */
async function open(flag) {
  const path = here(`/flags/${encodeURIComponent(flag.key)}`);
  const { group, verdicts, values, count } = await call("GET", `${path}/verdicts?limit=${MOST_ASKED}`);
  for (const row of $$("tr[data-key]", list)) row.setAttribute("aria-current", String(row.dataset.key === flag.key));
  const kind = group ?? "person";
  const named = { true: "on", false: "off" };
  const rows = Object.entries(values).sort(([, one], [, other]) => other - one).map(([value, number]) => ({ label: named[value] ?? value, value: number }));
  const whole = new URLSearchParams({ table: "feature_flags", record: flag.id, ...(world !== "default" && { world }) });
  const panel = $("#panel");
  panel.dataset.key = flag.key;
  fill(panel, h("header", h("h2", flag.key), h("a", { href: `records?${whole}` }, "Record"),
    h("button.link", { type: "button", onclick: () => attempt(() => erase(flag, path)) }, "Delete"),
    h("button.ghost", { type: "button", "aria-label": "Close", onclick: close }, "✕")),
  h("section", h("h3", "Who gets it"), verdicts.length
    ? [shares(rows, verdicts.length, `Who gets ${flag.key}`), h("p.muted", count > verdicts.length
      ? `Of the ${verdicts.length} newest of ${plural(count, kind, kind === "person" ? "people" : `groups of type ${kind}`)}.`
      : `Of ${plural(count, kind, kind === "person" ? "people" : `groups of type ${kind}`)}.`)]
    : h("p.muted", "There is nobody yet.")),
  h("section", h("h3", "Each of them"), h("div.scroller", h("table.list", h("thead", h("tr", h("th", kind), h("th", "Gets"), h("th", "Because"))),
    h("tbody", verdicts.map((verdict) => h("tr", h("td", h("div", verdict.properties?.name ?? verdict.properties?.email ?? verdict.subject)),
      h("td", h("span.tag", { class: verdict.enabled ? "good" : "" }, verdict.variant ?? (verdict.enabled ? "on" : "off"))), h("td.muted", verdict.reason)))))),
  ), h("section", h("h3", "Filters"), tree(flag.filters, { open: 3 })));
  panel.hidden = false;
  $("#split").classList.add("open");
}

function close() {
  $("#panel").hidden = true;
  delete $("#panel").dataset.key;
  $("#split").classList.remove("open");
}

async function erase(flag, path) {
  if (!await confirmed(`Delete ${flag.key}?`, "It is gone for good. A reset of the world brings back what it began with.", "Delete")) return;
  await call("DELETE", path);
  close();
  await refresh();
}

/** Ask what a new flag is like, and set it. */
async function add() {
  const text = (name, attributes) => h("input", { name, autocomplete: "off", ...attributes });
  const made = await openDialog({ title: "New flag", action: "Make", body: [
    field("Key", text("flag", { required: true })), field("Rollout", text("rollout", { inputmode: "decimal" }), { hint: "for so many of a hundred; all, if you say nothing" }),
    field("Only", text("only", { placeholder: "{\"plan\": \"pro\"}" }), { hint: "properties of those whom it is for, as JSON; … stands for anything" }),
    field("Variants", text("variant", { placeholder: "{\"control\": 50, \"test\": 50}" }), { hint: "one that all get, or variants and their shares as JSON" }),
    field("Payload", text("payload"), { hint: "any JSON" }),
  ], save: (form) => {
    const key = form.elements.flag.value.trim();
    if (!key) throw new Refusal(400, { detail: "A flag is known by its key.", attr: "flag" });
    return call("PUT", here(`/flags/${encodeURIComponent(key)}`), told(form.elements));
  } });
  if (!made) return;
  await refresh();
  await open(flags.find((flag) => flag.id === made.id));
}

/** What the fields of the form say. Throws: Refusal for what is no JSON, naming the field. */
function told(fields) {
  const body = {};
  for (const name of ["rollout", "only", "variant", "payload"]) {
    const given = fields[name].value.trim();
    if (!given) continue;
    try {
      body[name] = name === "variant" && !given.startsWith("{") ? given : JSON.parse(given);
    } catch {
      throw new Refusal(400, { detail: "This is no JSON.", attr: name });
    }
  }
  return body;
}

$("#search").addEventListener("input", show);
$("#add").addEventListener("click", () => attempt(add));
moveThrough(list, "tr[data-key]", { what: "flag", open: (row) => row.click() });
bind({
  n: ["New flag", () => $("#add").click()],
  t: ["Turn the flag on or off", () => $("tr[aria-current=true] .switch", list)?.click()],
  Escape: ["Close the flag", close],
});

attempt(refresh);
