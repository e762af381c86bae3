// A record as a form: a control for each field, made of what the contract says of it.

import { field, h } from "./dom.js";
import { Refusal } from "./plane.js";

const LONG = 60;
const readers = new WeakMap();

/** A form with a control for every field that a record of the table may be given with; a new one's stand empty. */
export function recordForm(about, record) {
  // What a component shows and no record holds is worked out when it is shown.
  const names = Object.keys(about.fields).filter((name) => !record || name in record || !about.component);
  const needed = names.filter((name) => about.fields[name].required);
  const order = [...needed, ...names.filter((name) => !needed.includes(name) && name !== about.key), about.key];
  const controls = (record ? [about.key, ...order.filter((name) => name !== about.key)] : order).map((name) => {
    const spec = about.fields[name];
    const value = record ? record[name] ?? null : undefined;
    const control = controlOf(name, spec, value, record !== null && name === about.key);
    return field(name, control, { hint: hintOf(spec, record === null) });
  });
  const beside = record ? Object.keys(record).filter((name) => !names.includes(name)) : [];
  return h("form.record", { novalidate: true }, controls,
    beside.length > 0 && h("details", h("summary", "Kept beside, and nobody's to write"),
      h("pre.code", JSON.stringify(Object.fromEntries(beside.map((name) => [name, record[name]])), null, 2))),
    h("small.refusal.whole", { role: "alert" }),
    h("div.actions", h("button.primary", { type: "submit" }, record ? "Save" : "Add")));
}

/** The values of a form that a person changed. Throws: Refusal for one that cannot be read, naming the field. */
export function readForm(form) {
  const values = {};
  for (const control of form.elements) {
    const reader = readers.get(control);
    if (!reader || control.value === reader.first) continue;
    try {
      values[control.name] = reader.read(control.value);
    } catch {
      throw new Refusal(400, { detail: `${control.value.slice(0, 40)} is not ${reader.what}.`, attr: control.name });
    }
  }
  return values;
}

function controlOf(name, spec, value, fixed) {
  const types = [spec.type ?? []].flat();
  const nullable = types.includes("null");
  const [kind] = types.filter((type) => type !== "null");
  if (spec.enum || kind === "boolean") return choiceOf(name, spec.enum ?? [true, false], value, nullable);
  if (kind === "array" || kind === "object" || (value !== null && typeof value === "object")) {
    const first = value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
    return kept(h("textarea.json", { name, value: first, rows: Math.min(first.split("\n").length, 12), spellcheck: "false" }),
      (text) => (text.trim() ? JSON.parse(text) : null), "JSON");
  }
  const text = value === undefined || value === null ? "" : String(value);
  if (kind === "integer" || kind === "number" || typeof value === "number") {
    return kept(h("input", { name, value: text, inputmode: "decimal", readonly: fixed }), (given) => (given.trim() ? JSON.parse(given) : null), "a number");
  }
  const read = (given) => (given === "" && (nullable || kind === undefined) ? null : kind === undefined ? guessed(given, value) : given);
  const attributes = { name, value: text, readonly: fixed, spellcheck: "false" };
  return kept(text.length > LONG || text.includes("\n") ? h("textarea", { ...attributes, rows: 3 }) : h("input", attributes), read, "text");
}

/** A list of choices; `–` leaves a new record's field out, and is null where the contract lets it be. */
function choiceOf(name, choices, value, nullable) {
  const spelled = choices.filter((choice) => choice !== null).map((choice) => JSON.stringify(choice));
  const first = value === undefined ? "" : JSON.stringify(value);
  const empty = value === undefined || value === null || nullable;
  const control = h("select", { name }, empty && h("option", { value: value === undefined ? "" : "null" }, "–"),
    !spelled.includes(first) && value !== null && value !== undefined && h("option", { value: first }, String(value)),
    spelled.map((choice) => h("option", { value: choice }, String(JSON.parse(choice)))));
  control.value = first;
  return kept(control, JSON.parse, "a choice");
}

/** What is meant where nothing says what a field holds: text where it held text, else JSON if it can be. */
function guessed(given, value) {
  if (typeof value === "string") return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

function kept(control, read, what) {
  readers.set(control, { first: control.value, read, what });
  return control;
}

function hintOf(spec, isNew) {
  const told = [];
  if (spec.reference) told.push(`id of ${spec.reference}`);
  if (spec.format) told.push(spec.format);
  if (spec.maxLength) told.push(`at most ${spec.maxLength} characters`);
  if (spec.description) told.push(spec.description.trim().split(/\n|(?<=\.)\s/)[0]);
  if (isNew && spec.required) told.unshift("needed");
  return told.join(" · ") || null;
}
