// Completion of HogQL while it is typed: the API's own suggestions, in a list at the caret.

import { fill, h } from "./dom.js";

const MOST_SHOWN = 60;
const WORD = /[\w$]*$/;

/** Complete what is typed into a textarea; `suggest(text, start, end)` gives `[{label, insertText, detail}]`. */
export function complete(text, list, suggest) {
  let asked = 0;
  let timer;
  let items = [];
  let chosen = 0;

  const close = () => {
    asked += 1;
    list.hidden = true;
    text.setAttribute("aria-expanded", "false");
    text.removeAttribute("aria-activedescendant");
  };

  const ask = async () => {
    const number = (asked += 1);
    const end = text.selectionStart;
    const [word] = text.value.slice(0, end).match(WORD);
    const found = await suggest(text.value, end - word.length, end);
    if (number !== asked) return;
    const wanted = word.toLowerCase();
    const begins = ({ label }) => label.toLowerCase().startsWith(wanted);
    items = found.filter(({ label }) => label.toLowerCase().includes(wanted)).sort((one, other) => begins(other) - begins(one)).slice(0, MOST_SHOWN);
    if (!items.length || (items.length === 1 && items[0].insertText === word)) return close();
    show(0);
  };

  const show = (place) => {
    chosen = place;
    fill(list, items.map((item, number) => h("li", { role: "option", id: `completion-${number}`, "aria-selected": String(number === place),
      onmousedown: (event) => (event.preventDefault(), take(number)) }, item.label, h("span", item.detail ?? item.kind ?? ""))));
    const { left, top } = caret(text);
    list.style.left = `${Math.min(left, Math.max(text.clientWidth - 260, 0))}px`;
    list.style.top = `${top}px`;
    list.hidden = false;
    text.setAttribute("aria-expanded", "true");
    text.setAttribute("aria-activedescendant", `completion-${place}`);
    list.children[place].scrollIntoView({ block: "nearest" });
  };

  const take = (place) => {
    const end = text.selectionStart;
    const [word] = text.value.slice(0, end).match(WORD);
    text.setRangeText(items[place].insertText, end - word.length, end, "end");
    close();
  };

  text.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!/[\w$.]$/.test(text.value.slice(0, text.selectionStart)) || event.inputType === "insertFromPaste") return close();
    timer = setTimeout(ask, 120);
  });
  text.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === " ") return event.preventDefault(), ask();
    if (list.hidden) return undefined;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) return event.preventDefault(), show((chosen + step + items.length) % items.length);
    if ((event.key === "Enter" && !event.ctrlKey) || event.key === "Tab") return event.preventDefault(), take(chosen);
    if (event.key === "Escape") return event.preventDefault(), close();
    return undefined;
  });
  text.addEventListener("blur", close);
}

/** Where under the caret something can be put, in pixels from the textarea's corner. */
function caret(text) {
  const style = getComputedStyle(text);
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${style.fontSize} ${style.fontFamily}`;
  const rows = text.value.slice(0, text.selectionStart).split("\n");
  return {
    left: Number.parseFloat(style.paddingLeft) + context.measureText(rows.at(-1)).width - text.scrollLeft,
    top: Number.parseFloat(style.paddingTop) + rows.length * Number.parseFloat(style.lineHeight) - text.scrollTop + 4,
  };
}
