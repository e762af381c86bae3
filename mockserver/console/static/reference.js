// The reference: the families of a document, and Swagger UI over the one that is chosen, signed in as the chosen world.
//
// Swagger UI reads all that it is given whenever an operation is opened, which of four hundred operations takes seconds;
// so it is given one family with what that refers to.

import { $, $$, attempt, copyButton, fill, h } from "./dom.js";
import { bind } from "./keys.js";
import { call, describe, world } from "./plane.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const place = $("#reference");
const list = $("#families");
const isPlane = place.dataset.document === "/__admin/schema";
const query = new URLSearchParams(location.search);
let spec;
let about;
let families;

attempt(async () => {
  [about, spec] = await Promise.all([describe(), read()]);
  prepare();
  families = spec.tags.map(({ name, description }) => ({ name, description, operations: operationsOf(name) })).filter(({ operations }) => operations.length);
  showKey();
  const wanted = families.find(({ name }) => name === query.get("family")) ?? families[0];
  showFamilies();
  choose(wanted.name, query.get("operation"));
});

async function read() {
  return isPlane ? call("GET", "/schema") : (await fetch(place.dataset.document, { credentials: "omit" })).json();
}

function operationsOf(tag) {
  return Object.entries(spec.paths).flatMap(([path, item]) => METHODS.filter((method) => item[method]?.tags?.includes(tag))
    .map((method) => ({ path, method, id: item[method].operationId, summary: item[method].summary ?? "" })));
}

/** Fill in what is known here: where the server is, and the ids of the chosen world. */
function prepare() {
  spec.servers = [{ url: location.origin, description: "This server." }];
  const known = isPlane ? { world } : { project_id: about.project_id, organization_id: about.organization_id };
  const tell = (parameter) => {
    const value = known[parameter.name];
    if (parameter.in !== "path" || value === undefined || value === null) return;
    parameter.example = value;
    parameter.schema = { ...parameter.schema, default: value };
  };
  Object.values(spec.components?.parameters ?? {}).forEach(tell);
  for (const item of Object.values(spec.paths)) {
    for (const each of [item, ...METHODS.map((method) => item[method])]) {
      (each?.parameters ?? []).filter((parameter) => !parameter.$ref).forEach(tell);
    }
  }
}

function showKey() {
  if (isPlane) return;
  fill($("#key"), about.api_key
    ? ["Signed in with ", h("code", about.api_key), ` of world ${about.id}. “Execute” sends to this server.`, copyButton(about.api_key, "Copy the key", { class: "link" })]
    : "The world has no key yet: “Authorize” takes one.");
  $("#key").hidden = false;
}

/** List the families; where something is sought, those that have it, with the operations in which it stands. */
function showFamilies() {
  const wanted = $("#find").value.trim().toLowerCase();
  const fits = ({ path, id, summary }) => `${path} ${id} ${summary}`.toLowerCase().includes(wanted);
  const shown = families.map((family) => ({ family, found: wanted ? family.operations.filter(fits) : [] }))
    .filter(({ family, found }) => !wanted || found.length || family.name.includes(wanted));
  fill(list, shown.map(({ family: { name, operations }, found }) => h("li",
    h("button.family", { type: "button", "aria-pressed": String(name === query.get("family")), onclick: () => choose(name) }, h("span", name), h("span.count", String(operations.length))),
    found.length > 0 && h("ul", found.slice(0, 12).map(({ method, path, id }) => h("li", h("button.found", { type: "button", title: path, onclick: () => choose(name, id) },
      h("span.method", { class: method }, method.toUpperCase()), " ", id)))))), !shown.length && h("li.muted", "Nothing fits."));
}

function choose(name, operation = null) {
  const family = families.find((each) => each.name === name);
  query.set("family", name);
  if (operation) query.set("operation", operation);
  else query.delete("operation");
  history.replaceState(null, "", `?${query}`);
  for (const button of $$(".family", list)) button.setAttribute("aria-pressed", String(button.firstChild.textContent === name));
  fill($("#family"), h("h1", name), h("p", family.description));
  draw(partOf(family), operation);
}

/** The document of one family: its operations, and the components that they lead to. */
function partOf({ name, operations }) {
  const paths = {};
  for (const { path, method } of operations) {
    paths[path] ??= spec.paths[path].parameters ? { parameters: spec.paths[path].parameters } : {};
    paths[path][method] = { ...spec.paths[path][method], tags: [name] };
  }
  const components = { securitySchemes: spec.components.securitySchemes };
  const follow = (node) => {
    if (node === null || typeof node !== "object") return;
    for (const [key, value] of Object.entries(node)) {
      if (key !== "$ref" || typeof value !== "string") follow(value);
      else {
        const [, , kind, id] = value.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
        if (components[kind]?.[id] !== undefined || spec.components[kind]?.[id] === undefined) continue;
        (components[kind] ??= {})[id] = spec.components[kind][id];
        follow(components[kind][id]);
      }
    }
  };
  follow(paths);
  const { openapi, servers, security } = spec;
  return { openapi, servers, security, info: { title: name, version: spec.info.version }, tags: [{ name }], paths, components };
}

function draw(part, operation) {
  const node = h("div");
  fill(place, node);
  const ui = window.SwaggerUIBundle({
    spec: part, domNode: node, layout: "BaseLayout", presets: [window.SwaggerUIBundle.presets.apis], docExpansion: "list",
    tryItOutEnabled: true, displayRequestDuration: true, defaultModelsExpandDepth: -1, validatorUrl: null,
    persistAuthorization: false, requestInterceptor: (request) => ({ ...request, credentials: "omit" }),
    onComplete: () => {
      const [scheme, value] = isPlane ? ["AdminToken", sessionStorage.getItem("mockserver.token")] : ["PersonalApiKey", about.api_key];
      if (value) ui.preauthorizeApiKey(scheme, value);
      if (operation) openOnceRead(ui, operation);
    },
  });
}

/**
 * Open an operation once Swagger UI has read how to sign in: what is read at the same time is lost, since whichever is done
 * last puts all that it knew when it began in the place of the rest.
 */
function openOnceRead(ui, operation) {
  if (ui.getSystem().specSelectors.specResolvedSubtree(["components", "securitySchemes"])) return open(operation);
  setTimeout(openOnceRead, 20, ui, operation);
}

/** Open an operation of the family that is drawn. */
function open(operation) {
  const block = $$(".opblock", place).find(({ id }) => id.endsWith(`-${operation}`));
  if (!block) return;
  if (!block.classList.contains("is-open")) $(".opblock-summary-control", block).click();
  block.scrollIntoView({ block: "start" });
}

/** Give names to choices that have none, and let the keyboard scroll what can be scrolled: Swagger UI leaves both out. */
function mend() {
  for (const select of $$("select:not([aria-label])", place)) {
    select.setAttribute("aria-label", select.closest("tr")?.dataset.paramName ?? "Of several");
  }
  for (const block of $$(".microlight:not([tabindex])", place)) block.tabIndex = 0;
}
new MutationObserver(mend).observe(place, { childList: true, subtree: true });

$("#find").addEventListener("input", showFamilies);
bind({ "/": ["Find an operation", () => $("#find").select()] });
