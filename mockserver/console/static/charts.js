// Charts: SVG elements made here, in the colours of the page. Each also says in words what it shows.

import { h, number } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 900;
const HEIGHT = 240;
const LEFT = 46;
const FOOT = 22;
export const SERIES = 6;
/** How many colours there are: `.series-0` to `.series-5`. */

function s(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const chart = (label, height, ...children) =>
  s("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, ...children);

/** The least round number that is not below. */
function ceiling(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value);
}

function frame(most, labels, height = HEIGHT) {
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const y = height - FOOT - share * (height - FOOT - 10);
    parts.push(s("line", { class: "grid-line", x1: LEFT, x2: WIDTH, y1: y, y2: y }),
      s("text", { class: "axis", x: LEFT - 8, y: y + 4, "text-anchor": "end" }, number(most * share)));
  }
  const every = Math.ceil(labels.length / 8);
  labels.forEach(([x, text], place) => {
    if (place % every === 0) parts.push(s("text", { class: "axis", x, y: height - 5, "text-anchor": "middle" }, text));
  });
  return parts;
}

/** Counts side by side: `bars([{label, value, title, onclick}], "Events by day")`. */
export function bars(values, label, height = HEIGHT) {
  const most = ceiling(Math.max(...values.map(({ value }) => value), 0));
  const step = (WIDTH - LEFT) / Math.max(values.length, 1);
  const place = (position) => LEFT + (position + 0.5) * step;
  const named = values.map(({ label: text }, position) => [place(position), text ?? ""]).filter(([, text]) => text);
  return chart(label, height, ...frame(most, named, height), ...values.map(({ value, title, onclick }, position) => {
    const tall = (value / most) * (height - FOOT - 10);
    const bar = s("rect", { class: "bar-mark", x: LEFT + position * step + Math.min(step * 0.12, 3), width: Math.max(step - Math.min(step * 0.24, 6), 1),
      y: height - FOOT - tall, height: tall, rx: Math.min(2, tall) }, s("title", {}, title ?? `${number(value)}`));
    if (onclick) bar.addEventListener("click", onclick);
    return bar;
  }));
}

/** Lines over the same labels: `lines([{label, data}], ["1 Jan", …], "Trend")`. */
export function lines(series, labels, label) {
  const most = ceiling(Math.max(...series.flatMap(({ data }) => data), 0));
  const step = (WIDTH - LEFT - 20) / Math.max(labels.length - 1, 1);
  const x = (position) => LEFT + 10 + position * step;
  const y = (value) => HEIGHT - FOOT - (value / most) * (HEIGHT - FOOT - 10);
  const drawn = series.map(({ data, label: name }, place) => s("g", { class: `series-${place % SERIES}` },
    s("polyline", { class: "line-mark", points: data.map((value, position) => `${x(position)},${y(value)}`).join(" ") }),
    ...data.map((value, position) => s("circle", { class: "dot-mark", cx: x(position), cy: y(value), r: 3 }, s("title", {}, `${name} · ${labels[position]}: ${number(value)}`)))));
  return h("figure.figure", chart(label, HEIGHT, ...frame(most, labels.map((text, position) => [x(position), text])), ...drawn), legend(series.map((each) => each.label)));
}

/** Series put on one another, those below nothing hanging down: lifecycles. */
export function stacks(series, labels, label) {
  const sums = (sign) => labels.map((_, position) => series.reduce((sum, { data }) => sum + Math.max(0, sign * data[position]), 0));
  const up = ceiling(Math.max(...sums(1), 0));
  const down = Math.max(...sums(-1), 0) ? ceiling(Math.max(...sums(-1))) : 0;
  const scale = (HEIGHT - FOOT - 10) / (up + down);
  const zero = 10 + up * scale;
  const step = (WIDTH - LEFT) / Math.max(labels.length, 1);
  const filled = labels.map(() => [0, 0]);
  const drawn = series.map(({ data, label: name }, place) => s("g", { class: `series-${place % SERIES}` }, ...data.map((value, position) => {
    const side = value < 0 ? 1 : 0;
    const from = filled[position][side];
    filled[position][side] += Math.abs(value);
    const top = side ? zero + from * scale : zero - (from + value) * scale;
    return s("rect", { class: "area-mark", x: LEFT + position * step + step * 0.14, width: step * 0.72, y: top, height: Math.abs(value) * scale },
      s("title", {}, `${name} · ${labels[position]}: ${number(value)}`));
  })));
  const every = Math.ceil(labels.length / 8);
  const axis = [[10, up], [zero, 0], ...(down ? [[zero + down * scale, -down]] : [])].flatMap(([y, value]) => [
    s("line", { class: "grid-line", x1: LEFT, x2: WIDTH, y1: y, y2: y }), s("text", { class: "axis", x: LEFT - 8, y: y + 4, "text-anchor": "end" }, number(value))]);
  const below = labels.map((text, position) => position % every === 0
    ? s("text", { class: "axis", x: LEFT + (position + 0.5) * step, y: HEIGHT - 5, "text-anchor": "middle" }, text) : null);
  return h("figure.figure", chart(label, HEIGHT, ...axis, ...drawn, ...below), legend(series.map((each) => each.label)));
}

/** Parts of a whole under one another, each as a bar with its share: `shares([{label, value}], whole)`. */
export function shares(rows, whole, label) {
  return h("table.shares", { "aria-label": label }, h("tbody", rows.map(({ label: name, value, note }) => {
    const meter = h("meter", { min: 0, max: whole || 1, value: 0, "aria-hidden": "true" });
    meter.value = value;
    return h("tr", h("th", { scope: "row" }, name), h("td.meter", meter), h("td.number", number(value)),
      h("td.muted.number", note ?? (whole ? `${Math.round((value / whole) * 1000) / 10} %` : "")));
  })));
}

const legend = (names) =>
  h("ul.legend", names.map((name, place) => h("li", h("span.swatch", { class: `series-${place % SERIES}` }), name)));
