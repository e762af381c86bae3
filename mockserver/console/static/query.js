// Query: HogQL and the insight kinds, asked of the API; results as a table, and as a chart where they are one.

import { $, attempt, duration, fill, h, number, plural, tree } from "./dom.js";
import { bars, lines, shares, stacks } from "./charts.js";
import { bind } from "./keys.js";
import { complete } from "./completion.js";
import { ask, project } from "./plane.js";

const MOST_ROWS = 1000;
const QUIET = { "X-Mockserver-Journal": "off" };
const HOGQL = "HogQL";
const series = (...events) => events.map((event) => ({ kind: "EventsNode", event, name: event }));
const SAMPLES = {
  [HOGQL]: "select toDate(timestamp) as day, count() as events, count(distinct person_id) as people\nfrom events\nwhere timestamp > now() - interval 30 day\ngroup by day\norder by day",
  Trends: { kind: "TrendsQuery", series: series("$pageview", "signed_up"), dateRange: { date_from: "-30d" } },
  Funnel: { kind: "FunnelsQuery", series: series("signup_started", "signed_up", "file_uploaded"), dateRange: { date_from: "-30d" } },
  Retention: { kind: "RetentionQuery", retentionFilter: { period: "Week", totalIntervals: 5, targetEntity: { id: "$pageview", type: "events" }, returningEntity: { id: "$pageview", type: "events" } } },
  Lifecycle: { kind: "LifecycleQuery", series: series("$pageview"), dateRange: { date_from: "-30d" }, interval: "week" },
  Stickiness: { kind: "StickinessQuery", series: series("$pageview"), dateRange: { date_from: "-30d" } },
  Paths: { kind: "PathsQuery", pathsFilter: { includeEventTypes: ["$pageview"], stepLimit: 4 }, dateRange: { date_from: "-30d" } },
};

const text = $("#text");
const kind = $("#kind");
const written = {};
let last = HOGQL;
fill(kind, Object.keys(SAMPLES).map((name) => h("option", name)));
const isHogQL = () => kind.value === HOGQL;

function choose(name) {
  if (text.value) written[last] = text.value;
  last = name;
  kind.value = name;
  const sample = SAMPLES[name];
  text.value = written[name] ?? (typeof sample === "string" ? sample : JSON.stringify(sample, null, 2));
  text.rows = Math.min(Math.max(text.value.split("\n").length + 1, 7), 20);
}

const post = async (query) => ask("POST", await project("/query/"), { query }, { headers: QUIET });

async function run() {
  let query;
  try {
    query = isHogQL() ? { kind: "HogQLQuery", query: text.value } : JSON.parse(text.value);
  } catch (error) {
    return fill($("#result"), h("p.note.bad", `The query is no JSON: ${error.message}`));
  }
  $("#run").disabled = true;
  const answer = await post(query).finally(() => ($("#run").disabled = false));
  if (!answer.ok) return fill($("#result"), refusal(answer));
  show(query.kind, answer);
  return undefined;
}

function refusal({ status, body }) {
  return h("div.note.bad", h("p", h("strong", `${status}: `), body?.detail ?? "The query was refused."),
    status === 501 && h("p", "Queries are run by ClickHouse, embedded: ", h("code", "pip install 'posthog-mockserver[analytics]'")));
}

/** Show an answer in the ways in which it can be seen. */
function show(name, answer) {
  const { body } = answer;
  const views = {};
  const drawn = chartOf(name, body);
  if (drawn) views.Chart = drawn;
  if (body.columns && Array.isArray(body.results)) views.Table = () => table(body.columns, body.results);
  views.JSON = () => tree(body, { open: 1 });
  if (body.hogql) views.HogQL = () => h("pre.code", body.hogql);
  const place = h("div");
  const tabs = Object.entries(views).map(([label, view]) => h("button", { type: "button", "aria-pressed": "false", onclick: (event) => {
    for (const tab of tabs) tab.setAttribute("aria-pressed", String(tab === event.currentTarget));
    fill(place, view());
  } }, label));
  const rows = Array.isArray(body.results) ? plural(body.results.length, "row") : "";
  fill($("#result"), h("div.bar", tabs, h("span.spacer"), h("span.muted", [rows, duration(answer.duration_ms)].filter(Boolean).join(" · "))), place);
  (name === "HogQLQuery" ? tabs.find((tab) => tab.textContent === "Table") ?? tabs[0] : tabs[0]).click();
}

function table(columns, rows) {
  return [h("div.scroller", { tabindex: "0", role: "region", "aria-label": "Rows" }, h("table.list", h("thead", h("tr", columns.map((name) => h("th", name)))),
    h("tbody", rows.slice(0, MOST_ROWS).map((row) => h("tr", row.map((value) => h("td", { class: typeof value === "number" ? "number mono" : "" },
      value === null ? h("span.muted", "null") : typeof value === "object" ? JSON.stringify(value) : String(value)))))))),
  rows.length > MOST_ROWS && h("p.muted", `The first ${number(MOST_ROWS)} of ${number(rows.length)} rows.`)];
}

// Charts

const plot = (drawn) => h("div.plot", drawn);

/** What draws an answer; nothing for one that is no chart. */
function chartOf(name, { results, columns, types }) {
  if (!Array.isArray(results) || !results.length) return null;
  const drawn = { TrendsQuery: trend, StickinessQuery: trend, LifecycleQuery: lifecycle, FunnelsQuery: funnel, RetentionQuery: retention, PathsQuery: paths }[name];
  if (drawn) return () => plot(drawn(results));
  return columns ? rowsChart(results, columns) : null;
}

const day = (label) => String(label).replace(/^(\d{4})-(\d\d-\d\d).*$/, "$2").replace(/-\d{4}$/, "");

function trend(results) {
  const [first] = results;
  const told = results.slice(0, 6).map((each) => ({ label: each.breakdown_value ? `${each.label} · ${each.breakdown_value}` : each.label, data: each.data ?? [] }));
  if (!first.data?.length) return shares(results.map((each) => ({ label: each.label, value: each.aggregated_value ?? each.count })), 0, "Totals");
  return lines(told, (first.labels ?? first.days).map(day), "Trend");
}

const lifecycle = (results) =>
  stacks(results.map((each) => ({ label: each.status, data: each.data })), (results[0].labels ?? results[0].days).map(day), "Lifecycle");

function funnel(results) {
  const steps = Array.isArray(results[0]) ? results[0] : results;
  return shares(steps.map(({ custom_name: own, name, count }, place) => ({ label: `${place + 1}. ${own ?? name}`, value: count })), steps[0].count, "Funnel");
}

function retention(results) {
  const most = Math.max(...results.map((each) => each.values.length));
  return h("div.scroller", h("table.heat", { "aria-label": "Retention" },
    h("thead", h("tr", h("th", "Cohort"), h("th", "Size"), Array.from({ length: most }, (_, place) => h("th", String(place))))),
    h("tbody", results.map((each) => h("tr", h("th", { scope: "row" }, each.label ?? String(each.date).slice(0, 10)), h("td", number(each.values[0]?.count ?? 0)),
      each.values.map(({ count }) => {
        const share = each.values[0]?.count ? count / each.values[0].count : 0;
        const cell = h("td", `${Math.round(share * 100)} %`);
        cell.style.setProperty("--share", share);
        return cell;
      }))))));
}

function paths(results) {
  const most = Math.max(...results.map(({ value }) => value));
  const spelled = (step) => step.replace(/^\d+_/, "");
  return shares(results.slice(0, 25).map(({ source, target, value }) => ({
    label: `${source.match(/^\d+/)?.[0] ?? ""}. ${spelled(source)} → ${spelled(target)}`, value, note: "",
  })), most, "Paths");
}

/** Rows as a chart: one column of names or times, and those beside it that are numbers. */
function rowsChart(rows, columns) {
  const numeric = columns.map((_, place) => rows.every((row) => row[place] === null || typeof row[place] === "number") && rows.some((row) => row[place] !== null));
  const names = numeric.findIndex((is) => !is);
  const values = columns.map((_, place) => place).filter((place) => numeric[place]);
  if (!values.length || rows.length < 2 || rows.length > 400) return null;
  const label = (row) => (names === -1 ? "" : String(row[names] ?? "null"));
  if (names !== -1 && rows.every((row) => /^\d{4}-\d\d/.test(label(row)))) {
    return () => plot(lines(values.slice(0, 6).map((place) => ({ label: columns[place], data: rows.map((row) => row[place] ?? 0) })), rows.map((row) => day(label(row))), "Rows over time"));
  }
  const [value] = values;
  if (rows.length <= 24) {
    const whole = rows.reduce((sum, row) => sum + (row[value] ?? 0), 0);
    return () => plot(shares(rows.map((row) => ({ label: label(row).slice(0, 60), value: row[value] ?? 0 })), whole, columns[value]));
  }
  return () => plot(bars(rows.map((row) => ({ label: label(row).slice(0, 12), value: row[value] ?? 0, title: `${label(row)}: ${row[value]}` })), columns[value]));
}

// What a person does

complete(text, $("#completions"), async (query, startPosition, endPosition) => {
  if (!isHogQL()) return [];
  const { ok, body } = await post({ kind: "HogQLAutocomplete", language: "hogQL", query, startPosition, endPosition });
  return ok ? body.suggestions : [];
});
kind.addEventListener("change", () => {
  choose(kind.value);
  fill($("#result"));
});
$("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(run);
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) attempt(run);
});
bind({ e: ["Edit the query", () => text.focus()], r: ["Run", () => attempt(run)] });
choose(HOGQL);
