// A stream of server-sent events, read with `fetch`, since `EventSource` sends no token.

import { send } from "./plane.js";

const PAUSE_MS = 1000;

/**
 * Listen to a stream of the control plane for as long as the page is seen; a hidden tab lets go of its connection, of
 * which a browser has six for a server, and takes up where it was. `take(name, data, id)` is told each message,
 * `tell(isOn, why)` whether the stream stands, and if not why. `path(last)` is the call, given the id of the last message.
 */
export function listen(path, take, tell) {
  let last = null;
  let held = null;

  const run = async () => {
    const own = (held = new AbortController());
    while (held === own) {
      try {
        const answer = await send("GET", path(last), undefined, { signal: own.signal });
        if (answer.status === 404) return tell(false, "this world is gone");
        if (!answer.ok) throw new Error(`refused with a ${answer.status}`);
        tell(true);
        for await (const message of messages(answer.body)) {
          if (message.name === "cleared") last = 0;
          else if (message.id !== null) last = Math.max(last ?? 0, message.id); // several processes number as they hand in
          take(message.name, message.data, message.id);
        }
      } catch (error) {
        if (error.name === "AbortError") return undefined;
        tell(false, "connection lost");
      }
      await new Promise((wake) => setTimeout(wake, PAUSE_MS));
    }
  };
  const stop = () => {
    held?.abort();
    held = null;
  };
  const follow = () => {
    if (document.hidden) stop();
    else if (!held) run();
  };
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", follow);
  follow();
  return { restart: () => (stop(), follow()) };
}

/** Yield the messages of a body: `{name, data, id}`, their data parsed as JSON. */
async function* messages(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const message = read(block);
        if (message) yield message;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function read(block) {
  const message = { name: "message", data: "", id: null };
  for (const line of block.split("\n")) {
    const place = line.indexOf(":");
    if (place < 1) continue;
    const value = line.slice(place + 1).replace(/^ /, "");
    if (line.startsWith("event:")) message.name = value;
    else if (line.startsWith("data:")) message.data += value;
    else if (line.startsWith("id:")) message.id = Number(value);
  }
  return message.data ? { ...message, data: JSON.parse(message.data) } : null;
}
