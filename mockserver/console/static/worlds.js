// Worlds: made, forked, reset, kept and returned to, and their clocks; each with what it cost.

import { $, $$, attempt, confirmed, copyButton, duration, field, fill, forgive, h, moment, openDialog, plural, refuse } from "./dom.js";
import { bind, moveThrough } from "./keys.js";
import { call, describe, forget, here, world } from "./plane.js";
import { refreshShell, showClock } from "./shell.js";

const at = (id) => `${location.pathname}${id === "default" ? "" : `?${new URLSearchParams({ world: id })}`}`;
const path = (id, rest = "") => `/worlds/${encodeURIComponent(id)}${rest}`;

/** Do something, list it with what it cost, and show how things stand then. */
async function done(told, action) {
  const began = performance.now();
  const result = await action();
  const took = duration(performance.now() - began);
  $("#nothing-done").hidden = true;
  $("#done").prepend(h("li", h("span", told(result)), h("span.spacer"), h("span.muted", took)));
  for (const old of $$("#done li").slice(12)) old.remove();
  forget();
  await refresh();
  return result;
}

// ── How things stand ──────────────────────────────────────────────────────────────────────────────────────────────────

async function refresh() {
  const [{ worlds }, about, clock, { snapshots }] = await Promise.all([
    call("GET", "/worlds"), describe(), call("GET", here("/clock")), call("GET", here("/snapshots")), refreshShell(),
  ]);
  $("#count").textContent = plural(worlds.length, "world");
  showChosen(about);
  tellClock(clock);
  showSnapshots(snapshots);
  fill($("#worlds tbody"), worlds.map(row));
}

function showChosen(about) {
  $("#chosen-name").textContent = about.id;
  $("#chosen-profile").textContent = about.profile;
  $("#delete").hidden = about.id === "default";
  const facts = {
    "API key": about.api_key, "Project token": about.project_token, Project: about.project_id,
    Organization: about.organization_id, User: about.user?.email, Seed: about.seed,
  };
  fill($("#facts"), Object.entries(facts).map(([name, value]) => [h("dt", name), h("dd", value === null || value === undefined
    ? h("span.muted", "none")
    : [h("code", String(value)), " ", copyButton(String(value), "copy", { class: "link", "aria-label": `Copy ${name}` })])]));
}

let ticking;

function tellClock(clock) {
  const ahead = Date.parse(clock.now) - Date.now();
  const tell = () => {
    const shown = clock.frozen ? clock.now : new Date(Date.now() + ahead).toISOString();
    $("#now").textContent = `${shown.slice(0, 10)}  ${shown.slice(11, 19)}`;
  };
  clearInterval(ticking);
  tell();
  if (!clock.frozen) ticking = setInterval(tell, 1000);
  $("#clock-state").textContent = clock.frozen ? "frozen" : "running";
  $("#clock-state").className = `tag ${clock.frozen ? "" : "good"}`;
  $("#run").disabled = !clock.frozen;
  $("#freeze").disabled = clock.frozen;
  $("#freeze-at").elements.freeze.placeholder = clock.now;
  showClock(clock);
}

function showSnapshots(snapshots) {
  fill($("#snapshots"), snapshots.map(({ name }) => h("li", h("span.name", name), h("span.spacer"),
    h("button.link", { type: "button", "aria-label": `Restore ${name}`, onclick: () => restore(name) }, "restore"))),
    !snapshots.length && h("li.muted", "None yet. Taking one, and returning to it, costs the same at any size."));
}

function row(each) {
  return h("tr", { "aria-current": each.id === world ? "true" : null },
    h("td.mono", h("a", { href: at(each.id) }, each.id)), h("td", each.profile), h("td.right.mono", String(each.seed)),
    h("td.right.mono.narrow-hidden", each.project_id === null ? "–" : String(each.project_id)),
    h("td.grow.half.mono.narrow-hidden", each.api_key ?? "–"), h("td.grow.half.mono.narrow-hidden", each.project_token ?? "–"),
    h("td", h("div.row", h("button.link", { type: "button", "aria-label": `Fork ${each.id}`, onclick: () => fork(each.id) }, "fork"),
      each.id !== "default" && h("button.link.bad", { type: "button", "aria-label": `Delete ${each.id}`, onclick: () => remove(each.id) }, "delete"))));
}

// ── What can be done ──────────────────────────────────────────────────────────────────────────────────────────────────

const link = (id) => h("a", { href: at(id) }, id);
const fork = (id) => attempt(() => done((made) => [`Forked ${id} as `, link(made.id)], () => call("POST", "/worlds", { from: id })));

async function remove(id) {
  if (!(await confirmed(`Delete ${id}?`, "Its records, journal and snapshots are gone with it.", "Delete"))) return;
  await attempt(async () => {
    if (id === world) {
      await call("DELETE", path(id));
      location.assign(at("default"));
    } else await done(() => `Deleted ${id}`, () => call("DELETE", path(id)));
  });
}

const reset = async () => {
  const text = "Everything that came since it was made is gone, its journal, faults and stubs too. Snapshots stay.";
  if (await confirmed(`Reset ${world}?`, text, "Reset")) await attempt(() => done(() => `Reset ${world}`, () => call("POST", here("/reset"))));
};

const restore = (name) => attempt(() =>
  done(() => `Returned to ${name}`, () => call("POST", here(`/snapshots/${encodeURIComponent(name)}/restore`))));

const setClock = (told, body) => done((clock) => [told, ": ", moment(clock.now)], () => call("PUT", here("/clock"), body));

async function make() {
  const made = await openDialog({
    title: "Make a world", action: "Make it",
    body: [
      field("Scenario", h("input", { name: "scenario", list: "scenarios", placeholder: "that of the default world", autocomplete: "off" }),
        { hint: "blank, empty, demo, large, or the path of a file." }),
      h("datalist", { id: "scenarios" }, ["blank", "empty", "demo", "large"].map((name) => h("option", { value: name }))),
      h("div.fields",
        field("Seed", h("input", { name: "seed", inputmode: "numeric", placeholder: "0" })),
        field("Profile", h("input", { name: "profile", list: "profiles", placeholder: "documented", autocomplete: "off" }),
          { hint: "documented, observed, observed@2025-08" })),
      h("datalist", { id: "profiles" }, ["documented", "observed", "observed@2025-08"].map((name) => h("option", { value: name }))),
      field("Clock stopped at", h("input.mono", { name: "freeze_time", placeholder: "running", autocomplete: "off" }))],
    save: (form) => {
      const values = Object.fromEntries([...new FormData(form)].map(([name, text]) => [name, text.trim()]).filter(([, text]) => text));
      const body = { ...values, ...(values.seed && { seed: /^-?\d+$/.test(values.seed) ? Number(values.seed) : values.seed }) };
      return done((about) => ["Made ", link(about.id)], () => call("POST", "/worlds", body));
    },
  });
  if (made) location.assign(at(made.id));
}

/** Run a form of one field; what is refused is told under it. */
function onSubmit(selector, action) {
  const form = $(selector);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    forgive(form);
    try {
      await action(form);
      form.reset();
    } catch (error) {
      refuse(form, error);
    }
  });
}

onSubmit("#freeze-at", (form) => setClock("Frozen", { freeze: form.elements.freeze.value.trim() || form.elements.freeze.placeholder }));
onSubmit("#snapshot", (form) => done(({ name }) => `Kept as ${name}`, () => call("POST", here("/snapshots"), { name: form.elements.name.value.trim() || null })));
for (const button of $$("[data-advance]")) {
  button.addEventListener("click", () => attempt(() => setClock(`Advanced by ${button.textContent.slice(1)}`, { advance: Number(button.dataset.advance) })));
}
$("#freeze").addEventListener("click", () => attempt(async () => setClock("Frozen", { freeze: (await call("GET", here("/clock"))).now })));
$("#run").addEventListener("click", () => attempt(() => setClock("Running", { run: true })));
$("#fork").addEventListener("click", () => fork(world));
$("#reset").addEventListener("click", reset);
$("#delete").addEventListener("click", () => remove(world));
$("#make").addEventListener("click", make);

moveThrough($("#worlds tbody"), "tr", { what: "world", open: (item) => $("a", item).click() });
bind({ n: ["Make a world", make] });
attempt(refresh);
