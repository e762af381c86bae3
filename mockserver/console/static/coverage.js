// Coverage: families by operations by answers, as a heat map, and what nobody has reached.

import { $, attempt, copy, fill, h, method, number, plural, toast } from "./dom.js";
import { bind, moveThrough } from "./keys.js";
import { call, world } from "./plane.js";

const controls = { text: $("#text"), reached: $("#reached"), whose: $("#whose") };
let rows = [];

const heat = (calls) => (calls >= 100 ? 3 : calls >= 10 ? 2 : 1);
const answers = (row) => [...new Set([...Object.keys(row.statuses), ...row.uncovered])].sort();
const documented = (row) => row.uncovered.length + Object.keys(row.statuses).length;

const judges = {
  "": () => true,
  none: (row) => row.calls === 0,
  some: (row) => row.calls > 0,
  part: (row) => row.uncovered.length > 0,
};

function fits(row) {
  const words = controls.text.value.toLowerCase().split(/\s+/);
  const text = `${row.family} ${row.operation} ${row.method} ${row.path}`.toLowerCase();
  return judges[controls.reached.value](row) && words.every((word) => text.includes(word));
}

function cell(code, row) {
  const calls = row.statuses[code] ?? 0;
  const told = calls ? `${code}: ${plural(calls, "time")}` : `${code}: never seen`;
  return h("span.cell", { class: calls ? `s${code[0]} heat${heat(calls)}` : "", title: told }, code);
}

const line = (row) => h("li.operation", { class: row.calls ? "" : "unreached" },
  h("div.name", method(row.method), h("button.link", { type: "button", title: `${row.path} – copy the name`, onclick: () =>
    copy(row.operation).then(() => toast(`Copied ${row.operation}`)) }, row.operation), h("span.calls.muted", row.calls ? number(row.calls) : "")),
  h("div.cells", answers(row).map((code) => cell(code, row))));

const MOST_OPEN = 6;

/** A family: a square for each operation, as warm as it was called often; opened, its operations by their answers. */
function family(name, listed, open) {
  const called = listed.filter((row) => row.calls).length;
  const list = h("ul");
  const grow = () => list.firstChild ?? list.append(...listed.map(line));
  const squares = listed.map((row) => h("i", { class: row.calls ? `heat${heat(row.calls)}` : "", title: `${row.operation}: ${row.calls ? plural(row.calls, "call") : "never called"}` }));
  const details = h("details.family", { ontoggle: () => details.open && grow() },
    h("summary", h("span.title", name.replaceAll("_", " ")), h("span.muted", `${called}/${listed.length}`), h("span.squares", { "aria-hidden": "true" }, squares)), list);
  if (open) grow();
  details.open = open;
  return details;
}

function gauge(label, done, total) {
  const share = total ? done / total : 0;
  const id = `gauge-${label.replace(/\W+/g, "-")}`;
  return h("div.gauge", h("span", { id }, label), h("strong", number(done), h("span.muted", ` of ${number(total)}`)),
    h("progress", { max: total || 1, value: done, "aria-labelledby": id }), h("span.muted", `${(share * 100).toFixed(share > 0 && share < .1 ? 1 : 0)} %`));
}

function show() {
  const shown = rows.filter(fits);
  const called = (listed) => listed.filter((row) => row.calls).length;
  const families = [...grouped(shown)].sort(([, one], [, other]) => called(other) - called(one)); // those reached first
  const isOpen = (listed) => families.length <= MOST_OPEN || (called(listed) > 0 && listed.length <= MOST_OPEN * 2);
  fill($("#heatmap"), families.map(([name, listed]) => family(name, listed, isOpen(listed))));
  $("#empty").hidden = shown.length > 0;
  const seen = rows.reduce((sum, row) => sum + documented(row) - row.uncovered.length, 0);
  const names = grouped(rows);
  fill($("#gauges"),
    gauge("Operations called", rows.filter((row) => row.calls).length, rows.length),
    gauge("Documented answers seen", seen, rows.reduce((sum, row) => sum + documented(row), 0)),
    gauge("Families reached", [...names.values()].filter((listed) => listed.some((row) => row.calls)).length, names.size));
}

function grouped(listed) {
  const found = new Map();
  for (const row of listed) found.set(row.family, [...(found.get(row.family) ?? []), row]);
  return found;
}

const refresh = () => attempt(async () => {
  const query = controls.whose.value ? `?${new URLSearchParams({ world })}` : "";
  rows = (await call("GET", `/coverage${query}`)).operations;
  show();
});

controls.text.addEventListener("input", show);
controls.reached.addEventListener("input", show);
controls.whose.addEventListener("input", refresh);
$("#refresh").addEventListener("click", refresh);
moveThrough($("#heatmap"), "li.operation", { what: "operation" });
bind({ r: ["Count again", refresh] });
refresh();
