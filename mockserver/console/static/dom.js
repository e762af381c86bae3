// What a page shows. Every text is set as text: whatever a record says, it is shown and never run.

/** Make an element: `h("button.primary", {type: "button", onclick}, "Save")`; children are nodes, texts, lists, nothing. */
export function h(name, attributes, ...children) {
  if (attributes === null || typeof attributes !== "object" || attributes instanceof Node || Array.isArray(attributes)) {
    children.unshift(attributes);
    attributes = {};
  }
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = `${element.className} ${value}`.trim();
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key === "value" || key === "checked" || key === "selected") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...flatten(children));
  return element;
}

const flatten = (children) =>
  children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false && child !== "");

/** Put children in the place of what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...flatten(children));
  return element;
}

export const $ = (selector, within = document) => within.querySelector(selector);
export const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

/** Show a JSON value as a tree that opens and closes; `open` levels of it stand open. */
export function tree(value, { open = 2 } = {}) {
  return h("div.tree", branch(value, null, open));
}

const MOST_SHOWN = 200;

function branch(value, name, open) {
  const label = name === null ? null : [h("span.name", String(name)), h("span.punctuation", ": ")];
  if (value === null || typeof value !== "object") return h("div.leaf", label, scalar(value));
  const list = Array.isArray(value);
  const entries = list ? value.map((item, place) => [place, item]) : Object.entries(value);
  if (!entries.length) return h("div.leaf", label, h("span.punctuation", list ? "[]" : "{}"));
  const size = list ? `${entries.length} ${entries.length === 1 ? "item" : "items"}` : preview(entries);
  const inside = h("div.inside");
  const grow = () => {
    if (inside.firstChild) return;
    const shown = (from) => {
      inside.append(...entries.slice(from, from + MOST_SHOWN).map(([key, item]) => branch(item, key, open - 1)));
      const left = entries.length - from - MOST_SHOWN;
      if (left > 0) {
        const more = h("button.link", { type: "button", onclick: () => (more.remove(), shown(from + MOST_SHOWN)) }, `${left} more`);
        inside.append(more);
      }
    };
    shown(0);
  };
  const details = h("details", { ontoggle: () => details.open && grow() },
    h("summary", label, h("span.punctuation", list ? "[" : "{"), h("span.size", size), h("span.punctuation", list ? "]" : "}")), inside);
  if (open > 0) {
    grow();
    details.open = true;
  }
  return details;
}

function preview(entries) {
  const names = entries.map(([name]) => name);
  const text = names.join(", ");
  return text.length <= 48 ? text : `${text.slice(0, 46)}…`;
}

function scalar(value) {
  if (value === null || value === undefined) return h("span.null", "null");
  if (typeof value === "string") return h("span.string", JSON.stringify(value));
  return h(`span.${typeof value}`, String(value));
}

/** A button that puts a text, or what a function returns, on the clipboard. */
export function copyButton(text, label = "Copy", attributes = {}) {
  const button = h("button", { type: "button", ...attributes, onclick: async () => {
    await copy(typeof text === "function" ? await text() : text);
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = before), 1200);
  } }, label);
  return button;
}

/** Put a text on the clipboard, also where the page's origin is no secure one. */
export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = h("textarea", { value: text, readonly: true, class: "offscreen", "aria-hidden": "true" });
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** Tell of something at the foot of the page for a few seconds; `kind` may be `bad`. */
export function toast(text, kind = "good") {
  const line = h(`p.${kind}`, text);
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), kind === "bad" ? 8000 : 3500);
}

/** Run what a person asked for; what is refused is told in a toast. */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    if (error.name !== "AbortError") toast(error.message, "bad");
    return undefined;
  }
}

/** A labelled control of a form; `refuse` finds it by its `name`. */
export function field(label, control, { hint, wide = true } = {}) {
  const id = `field-${control.name}-${(field.count = (field.count ?? 0) + 1)}`;
  control.setAttribute("aria-describedby", id);
  return h("label.field", { class: wide ? "wide" : "" }, h("span", label), control, hint && h("small.hint", hint),
    h("small.refusal", { id, role: "alert" }));
}

/** Show a refusal at the control whose `name` is its `attr` (or begins it), else at the foot of the form. */
export function refuse(form, error) {
  forgive(form);
  const attr = error.attr ?? "";
  const controls = [...form.elements].filter((control) => control.name);
  const named = controls.find((control) => attr === control.name)
    ?? controls.find((control) => attr.startsWith(`${control.name}__`)) ?? controls.find((c) => c.name.startsWith(`${attr}__`) && attr);
  const place = named?.closest(".field")?.querySelector(".refusal") ?? form.querySelector(".refusal.whole");
  if (named) {
    named.setAttribute("aria-invalid", "true");
    named.focus();
  }
  if (place) place.textContent = named || !attr ? error.message : `${attr}: ${error.message}`;
  else toast(error.message, "bad");
}

/** Take back what was refused of a form. */
export function forgive(form) {
  for (const control of form.elements) control.removeAttribute("aria-invalid");
  for (const line of $$(".refusal", form)) line.textContent = "";
}

/**
 * Open a form in a dialog. `save(form)` may throw a Refusal, which is shown at its field; else the dialog closes.
 * Returns once it is closed: what `save` returned, or undefined when it was left.
 */
export function openDialog({ title, body, save, action = "Save", danger = false }) {
  return new Promise((resolve) => {
    let result;
    const id = `dialog-${(openDialog.count = (openDialog.count ?? 0) + 1)}`;
    const close = () => dialog.close();
    const form = h("form", { novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      forgive(form);
      try {
        result = (await save(form)) ?? true;
        dialog.close();
      } catch (error) {
        refuse(form, error);
      }
    } }, h("h2", { id }, title), body, h("small.refusal.whole", { role: "alert" }), h("div.actions",
      h("button", { type: "button", onclick: close }, "Cancel"),
      h(`button.${danger ? "danger" : "primary"}`, { type: "submit" }, action)));
    const dialog = h("dialog", { "aria-labelledby": id, onclose: () => {
      dialog.remove();
      resolve(result);
    } }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask whether something that cannot be undone is meant. */
export const confirmed = (title, text, action) =>
  openDialog({ title, body: h("p", text), action, danger: true, save: async () => true });

/** A status as a chip: `200`, or `dropped` for none. */
export const status = (code) =>
  h("span.status", { class: code === null ? "s5" : `s${Math.floor(code / 100)}` }, code === null ? "dropped" : String(code));

export const method = (name) => h("span.method", { class: name.toLowerCase() }, name);

const NUMBERS = new Intl.NumberFormat("en-US");
export const number = (value) => NUMBERS.format(value);
export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** A duration in milliseconds as it is read best: `0.42 ms`, `35 ms`, `1.2 s`. */
export function duration(ms) {
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 0 : 1)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toFixed(ms >= 1 ? 1 : 2)} ms`;
}

/** A moment of the world as `<time>`: the clock alone today, else the date as well; whole under the pointer. */
export function moment(iso) {
  const [date, rest = ""] = iso.split("T");
  return h("time", { datetime: iso, title: iso, dataset: { date } }, rest.slice(0, 8) || date);
}
