// Faults and stubs, planned in a dialog: on their own page, and from a request that shows what to match.

import { duration, field, h, openDialog, toast } from "./dom.js";
import { call, here, Refusal } from "./plane.js";

const value = (form, name) => form.elements[name]?.value.trim() || null;
const whole = (form, name) => {
  const text = value(form, name);
  if (text === null) return null;
  const found = Number(text);
  if (!Number.isFinite(found)) throw new Refusal(400, { detail: "A number is expected.", attr: name });
  return found;
};

function json(form, name, what = "The body") {
  const text = value(form, name);
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, { detail: `${what} is no JSON: ${error.message}`, attr: name });
  }
}

const given = (values) => Object.fromEntries(Object.entries(values).filter(([, item]) => item !== null && item !== false));

function match(form) {
  return given({ operation: value(form, "match__operation"), method: value(form, "match__method"), path: value(form, "match__path"),
    query: json(form, "match__query", "The query"), body: json(form, "match__body") });
}

const METHODS = ["", "GET", "POST", "PUT", "PATCH", "DELETE"];
let operations = null;

/** The fields that say which requests are meant: by operation if there is one, else by method and path. */
function matching({ operation, method, path } = {}) {
  const known = h("datalist", { id: "operations" });
  operations ??= call("GET", "/coverage").then((report) => report.operations.map((row) => row.operation));
  operations.then((ids) => known.append(...ids.map((id) => h("option", { value: id }))), () => {});
  return h("fieldset", h("legend", "Which requests"), known,
    field("Operation", h("input.mono", { name: "match__operation", value: operation ?? "", list: "operations", placeholder: "any", autocomplete: "off" })),
    h("div.fields",
      field("Method", h("select", { name: "match__method" }, METHODS.map((name) =>
        h("option", { value: name, selected: !operation && name === method }, name || "any")))),
      field("Path", h("input.mono", { name: "match__path", value: operation ? "" : path ?? "", placeholder: "any; * stands for anything" }))),
    h("details", h("summary", "By query or body"),
      field("Query holds (JSON)", h("textarea.small", { name: "match__query", placeholder: '{"search": "launch"}' })),
      field("Body holds (JSON)", h("textarea.small", { name: "match__body", placeholder: '{"content": "<text>"}' }))));
}

const KINDS = {
  status: "Answer a status",
  delay_ms: "Answer late",
  drop: "Drop the connection",
  malformed: "Send half an answer, which is no JSON",
  truncate: "Break off in the middle",
  rate_limit: "Limit the rate, with 429 beyond it",
};

const DETAILS = {
  status: () => [h("div.fields", field("Status", h("input", { name: "status", value: "503", inputmode: "numeric" }))),
    field("Body (JSON)", h("textarea.small", { name: "body", placeholder: "left empty: what PostHog says with the status" }))],
  delay_ms: () => field("Milliseconds", h("input", { name: "delay_ms", value: "3000", inputmode: "numeric" })),
  drop: () => null,
  malformed: () => null,
  truncate: () => field("Bytes", h("input", { name: "truncate", value: "20", inputmode: "numeric" })),
  rate_limit: () => h("div.fields", field("Requests", h("input", { name: "rate_limit__requests", value: "5", inputmode: "numeric" })),
    field("In seconds", h("input", { name: "rate_limit__per_seconds", value: "60", inputmode: "numeric" }))),
};

function faultOf(form) {
  const kind = form.elements.kind.value;
  const fault = { match: match(form), times: whole(form, "times"), probability: whole(form, "probability") };
  if (kind === "status") Object.assign(fault, { status: whole(form, "status"), body: json(form, "body") });
  else if (kind === "rate_limit") {
    fault.rate_limit = { requests: whole(form, "rate_limit__requests"), per_seconds: whole(form, "rate_limit__per_seconds") };
  } else if (kind === "delay_ms" || kind === "truncate") fault[kind] = whole(form, kind);
  else fault[kind] = true;
  return given(fault);
}

/** Plan a misbehaviour; returns the fault, or nothing when the dialog was left. */
export function planFault(prefill = {}) {
  const details = h("div");
  const kinds = h("select", { name: "kind", onchange: () => details.replaceChildren(...[DETAILS[kinds.value]()].flat().filter(Boolean)) },
    Object.entries(KINDS).map(([kind, label]) => h("option", { value: kind }, label)));
  details.append(...DETAILS.status());
  return openDialog({
    title: "Make it fail", action: "Plan the fault",
    body: [matching(prefill), h("fieldset", h("legend", "What befalls them"), field("Misbehaviour", kinds), details,
      h("div.fields",
        field("How often", h("input", { name: "times", value: "1", inputmode: "numeric" }), { hint: "Empty: every time." }),
        field("Probability", h("input", { name: "probability", inputmode: "decimal", placeholder: "1" }), { hint: "0 to 1, by the seed." })))],
    save: async (form) => told("Fault", await timed(() => call("POST", here("/faults"), faultOf(form)))),
  });
}

/** Plan an answer in the world's place; returns the stub, or nothing when the dialog was left. */
export function planStub(prefill = {}) {
  const body = prefill.body === undefined || prefill.body === null ? "" : JSON.stringify(prefill.body, null, 2);
  const statuses = Object.keys(prefill.statuses ?? {});
  return openDialog({
    title: "Make a stub", action: "Plan the stub",
    body: [matching(prefill), h("fieldset", h("legend", "What they are answered"),
      h("div.fields",
        field("Status", h("input", { name: "response__status", value: String(prefill.status ?? 200), inputmode: "numeric" }),
          { hint: statuses.length ? `The contract has ${statuses.join(", ")}.` : undefined }),
        field("How often", h("input", { name: "times", inputmode: "numeric", placeholder: "every time" }))),
      field("Body (JSON)", h("textarea", { name: "response", value: body, spellcheck: "false" })),
      h("label.check", h("input", { type: "checkbox", name: "force" }), "Even if the contract does not allow it"))],
    save: async (form) => {
      const response = given({ status: whole(form, "response__status"), body: json(form, "response") });
      const stub = given({ match: match(form), response, times: whole(form, "times"), force: form.elements.force.checked });
      return told("Stub", await timed(() => call("POST", here("/stubs"), stub)));
    },
  });
}

async function timed(action) {
  const began = performance.now();
  const result = await action();
  return { result, ms: performance.now() - began };
}

function told(kind, { result, ms }) {
  toast(`${kind} planned: ${result.id}, in ${duration(ms)}`);
  return result;
}
