// Faults and stubs: what is planned, how often it hit, and what to plan or take back.

import { $, attempt, duration, fill, h, method, plural, status, toast } from "./dom.js";
import { bind } from "./keys.js";
import { call, here } from "./plane.js";
import { planFault, planStub } from "./planning.js";
import { listen } from "./stream.js";

const PAUSE_MS = 150;

/** Say in words which requests are meant. */
function matched({ operation, method: name, path, query, headers, body }) {
  const more = Object.entries({ query, headers, body }).filter(([, value]) => value !== undefined && value !== null);
  return [
    name && [method(name), " "],
    operation && h("code", operation), path && [" ", h("code", path)],
    !operation && !path && h("span.muted", name ? "any path" : "every request"),
    more.map(([where, value]) => h("div.muted.clip", `${where} holds `, h("code", JSON.stringify(value)))),
  ];
}

/** Say in words what befalls them. */
function befalls(fault) {
  const { answers, rate_limit: limit } = fault;
  const said = [
    fault.status && status(fault.status),
    fault.delay_ms && `${duration(fault.delay_ms)} late`,
    fault.drop && "connection dropped",
    fault.malformed && "half an answer",
    fault.truncate !== undefined && fault.truncate !== null && `cut off after ${plural(fault.truncate, "byte")}`,
    limit && `429 beyond ${plural(limit.requests, "request")} in ${limit.per_seconds} s`,
    answers && answers.map((each) => [typeof each === "number" ? status(each) : befalls(each), " "]),
  ].filter(Boolean);
  const when = [
    fault.times && (fault.times === 1 ? "once" : `${fault.times} times`),
    fault.probability !== undefined && fault.probability !== null && `by chance, ${fault.probability}`,
  ].filter(Boolean).join(", ");
  return [said.map((each, place) => [place > 0 && ", ", each]), when && h("span.muted", ` ${when}`)];
}

const spent = ({ hits, times, answers }) => hits >= (answers?.length ?? times ?? Infinity);
const hits = (item) => [String(item.hits), spent(item) && h("span.muted", " spent")];

const removal = (kind, item) => h("td", h("button.link.bad", { type: "button", "aria-label": `Remove ${item.id}`, onclick: () =>
  attempt(async () => {
    await call("DELETE", here(`/${kind}/${encodeURIComponent(item.id)}`));
    toast(`Removed ${item.id}`);
    await refresh();
  }) }, "remove"));

function show(kind, items, row) {
  fill($(`#${kind} tbody`), items.map((item) => row(item)));
  $(`#${kind}`).hidden = !items.length;
  $(`#no-${kind}`).hidden = Boolean(items.length);
  $(`#${kind}-count`).textContent = items.length ? String(items.length) : "";
  $(`#clear-${kind}`).hidden = !items.length;
}

const faultRow = (fault) => h("tr", h("td.mono", fault.id), h("td.wrap", matched(fault.match)), h("td.wrap", befalls(fault)),
  h("td.right", hits(fault)), h("td.right.narrow-hidden", String(fault.seen)), removal("faults", fault));

const stubRow = (stub) => h("tr", h("td.mono", stub.id), h("td.wrap", matched(stub.match)),
  h("td.wrap", status(stub.response.status), stub.times && h("span.muted", ` ${stub.times === 1 ? "once" : `${stub.times} times`}`),
    stub.response.body !== undefined && stub.response.body !== null && h("div.muted.clip", h("code", JSON.stringify(stub.response.body)))),
  h("td.right", hits(stub)), removal("stubs", stub));

async function refresh() {
  const [{ faults }, { stubs }] = await Promise.all([call("GET", here("/faults")), call("GET", here("/stubs"))]);
  show("faults", faults, faultRow);
  show("stubs", [...stubs].reverse(), stubRow);
}

const plan = async (dialog) => (await dialog()) && attempt(refresh);
const clear = (kind) => attempt(async () => {
  await call("DELETE", here(`/${kind}`));
  await refresh();
});

$("#plan-fault").addEventListener("click", () => plan(planFault));
$("#plan-stub").addEventListener("click", () => plan(planStub));
$("#clear-faults").addEventListener("click", () => clear("faults"));
$("#clear-stubs").addEventListener("click", () => clear("stubs"));
bind({ f: ["Make it fail", () => plan(planFault)], s: ["Make a stub", () => plan(planStub)] });

let due = null; // a request may have hit: how often is looked up once for those that come together
listen((last) => here(`/requests/stream?brief=true${last === null ? "" : `&since=${last}`}`), () => {
  due ??= setTimeout(() => {
    due = null;
    attempt(refresh);
  }, PAUSE_MS);
}, () => {});
attempt(refresh);
