// What a page asks: the control plane, with the token of this tab, and the API, with the key of the chosen world.

const TOKEN = "mockserver.token";

export const root = "/__admin";
export const world = new URLSearchParams(location.search).get("world") || "default";

/** A call that was refused; `status`, and the envelope's `code`, `detail` and `attr`. */
export class Refusal extends Error {
  constructor(status, envelope) {
    super(envelope?.detail ?? `The server answered ${status}.`);
    this.name = "Refusal";
    this.status = status;
    this.code = envelope?.code ?? null;
    this.attr = envelope?.attr ?? null;
    this.detail = this.message;
  }
}

/** The path of a call about the chosen world: `here("/faults")`. */
export const here = (path = "") => `/worlds/${encodeURIComponent(world)}${path}`;

const authorization = () => {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

let pending = 0;

/** Mark the page while something is asked: `data-asking` on its root, and `data-settled` once all was answered. */
async function asking(action) {
  const { dataset } = document.documentElement;
  pending += 1;
  dataset.asking = "";
  delete dataset.settled;
  try {
    return await action();
  } finally {
    pending -= 1;
    setTimeout(() => { // what an answer leads to may ask at once
      if (pending) return;
      delete dataset.asking;
      dataset.settled = "";
    });
  }
}

/** Send a call to the control plane, its path below `/__admin`; the answer's response, once somebody is signed in. */
export async function send(method, path, body, options = {}) {
  for (;;) {
    const headers = { Accept: "application/json", ...authorization(), ...options.headers };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const content = body === undefined ? undefined : JSON.stringify(body);
    const answer = await fetch(root + path, {
      method, headers, body: content, signal: options.signal, credentials: "omit", cache: "no-store",
    });
    if (answer.status !== 401) return answer;
    await signIn();
  }
}

/** Make a call of the control plane and return the JSON that it answers, null for nothing. Throws: Refusal. */
export const call = (method, path, body, options = {}) => asking(async () => {
  const answer = await send(method, path, body, options);
  const text = await answer.text();
  let value = null;
  try {
    value = text ? JSON.parse(text) : null;
  } catch {
    throw new Refusal(answer.status, { detail: text.slice(0, 200) });
  }
  if (!answer.ok) throw new Refusal(answer.status, value);
  return value;
});

async function isRefused(token) {
  try {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${root}/worlds`, { headers, credentials: "omit" })).status === 401;
  } catch {
    return true; // what no header can hold is no token either
  }
}

let signing = null;

/** Ask for the admin token until the control plane takes it; calls that wait for it share one form. */
function signIn() {
  signing ??= new Promise((resolve) => {
    const dialog = document.getElementById("sign-in");
    const form = dialog.querySelector("form");
    const field = form.elements.token;
    const refusal = document.getElementById("token-refusal");
    const keepOpen = (event) => event.preventDefault();
    const submit = async (event) => {
      event.preventDefault();
      const token = field.value.trim();
      if (await isRefused(token)) {
        refusal.textContent = "This is not the server's admin token.";
        field.setAttribute("aria-invalid", "true");
        field.select();
        return;
      }
      sessionStorage.setItem(TOKEN, token);
      form.removeEventListener("submit", submit);
      dialog.removeEventListener("cancel", keepOpen);
      field.value = refusal.textContent = "";
      field.removeAttribute("aria-invalid");
      dialog.close();
      signing = null;
      resolve();
    };
    form.addEventListener("submit", submit);
    dialog.addEventListener("cancel", keepOpen);
    dialog.showModal();
  });
  return signing;
}

let described = null;

/** The chosen world: `id`, `api_key`, `project_token`, `project_id`, `organization_id`, `profile`, `seed`, … */
export function describe() {
  described ??= call("GET", here());
  return described;
}

/** Forget what the world was called by, since it may have got other keys. */
export const forget = () => void (described = null);

/**
 * Ask the API as a client does, with the world's own key, or with `key`.
 * Returns `{status, ok, headers, body, duration_ms}`; `body` is JSON if it can be, else text.
 */
export const ask = (method, path, body, { key, headers = {}, signal } = {}) => asking(async () => {
  const bearer = key ?? (await describe()).api_key;
  const sent = { ...headers };
  if (bearer) sent.Authorization ??= `Bearer ${bearer}`;
  if (body !== undefined && typeof body !== "string") sent["Content-Type"] ??= "application/json";
  const began = performance.now();
  const answer = await fetch(path, {
    method, headers: sent, signal, credentials: "omit", cache: "no-store",
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  const told = { status: answer.status, ok: answer.ok, headers: answer.headers, duration_ms: performance.now() - began };
  try {
    return { ...told, body: text ? JSON.parse(text) : null };
  } catch {
    return { ...told, body: text };
  }
});

/** The path of the API for the world's project: `await project("/persons/?limit=2")`. */
export async function project(path = "") {
  return `/api/projects/${(await describe()).project_id}${path}`;
}
