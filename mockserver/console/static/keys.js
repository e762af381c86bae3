// Keys: what a page binds, told under `?`. None counts while somebody types, but Escape.

import { $, $$, fill, h } from "./dom.js";

const bound = new Map();

/** Bind keys: `bind({ j: ["Next request", next] })`; a key is what `KeyboardEvent.key` calls it. */
export function bind(keys) {
  for (const [key, [told, action]] of Object.entries(keys)) bound.set(key, { told, action });
}

const types = (element) => element.matches?.("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape" && types(event.target) && !document.querySelector("dialog[open]")) return event.target.blur();
  if (types(event.target) || document.querySelector("dialog[open]")) return;
  const found = bound.get(event.key);
  if (!found) return;
  event.preventDefault();
  found.action(event);
});

/** Show every key that is bound. */
export function showKeys() {
  const dialog = document.getElementById("keys");
  const names = { Enter: "↵", Escape: "Esc" };
  fill($("dl", dialog), [...bound].map(([key, { told }]) => h("div", h("dt", h("kbd", names[key] ?? key)), h("dd", told))));
  dialog.showModal();
}

/**
 * Let `j` and `k` move through the items of a list, `Enter` open one. An item is what `selector` finds inside of
 * `list`; the one moved to has `aria-current` and is scrolled to.
 */
export function moveThrough(list, selector, { what = "item", open } = {}) {
  const move = (step) => {
    const items = $$(selector, list).filter((item) => item.offsetParent !== null);
    if (!items.length) return;
    const place = items.findIndex((item) => item.getAttribute("aria-current") === "true");
    const next = items[Math.max(0, Math.min(items.length - 1, place === -1 ? (step > 0 ? 0 : items.length - 1) : place + step))];
    choose(next);
  };
  const choose = (item) => {
    for (const other of $$(`${selector}[aria-current]`, list)) other.removeAttribute("aria-current");
    item.setAttribute("aria-current", "true");
    item.scrollIntoView({ block: "nearest" });
    list.dispatchEvent(new CustomEvent("moved", { detail: item }));
  };
  bind({
    j: [`Next ${what}`, () => move(1)],
    k: [`Previous ${what}`, () => move(-1)],
  });
  if (open) bind({ Enter: [`Open the ${what}`, () => {
    const current = $(`${selector}[aria-current="true"]`, list);
    if (current) open(current);
  }] });
  return { choose, move };
}

bind({
  "/": ["Search", () => {
    const search = document.querySelector("main input[type=search]");
    search?.focus();
    search?.select();
  }],
  "?": ["Show the keys", showKeys],
});
