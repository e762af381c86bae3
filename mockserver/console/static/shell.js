// What stands around every page: the choice of a world, its clock, light or dark, the keys.

import { $, $$, attempt, fill, h } from "./dom.js";
import { showKeys } from "./keys.js";
import { call, here, world } from "./plane.js";

for (const link of $$("a[data-keeps-world]")) {
  if (world !== "default") link.search = new URLSearchParams({ world }).toString();
}

const dark = matchMedia("(prefers-color-scheme: dark)");
$("#theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const other = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = other;
  localStorage.setItem("mockserver.theme", other);
});
$("#show-keys").addEventListener("click", showKeys);

const picker = $("#world");
picker.addEventListener("change", () => {
  const query = new URLSearchParams(location.search);
  if (picker.value === "default") query.delete("world");
  else query.set("world", picker.value);
  location.search = query.toString();
});

/** Show which worlds there are, and what the chosen one is. */
export async function refreshShell() {
  await attempt(async () => {
    const { worlds } = await call("GET", "/worlds");
    const chosen = worlds.find((each) => each.id === world);
    fill(picker, worlds.map((each) => h("option", { value: each.id, selected: each.id === world }, each.id)),
      !chosen && h("option", { value: world, selected: true }, `${world} (gone)`));
    $("#profile").hidden = !chosen;
    $("#profile").textContent = chosen?.profile ?? "";
    if (chosen) showClock(await call("GET", here("/clock")));
  });
}

/** Show the world's clock in the top bar; one that runs is moved on here. */
export function showClock({ now, frozen }) {
  const chip = $("#clock");
  const ahead = Date.parse(now) - Date.now();
  clearInterval(showClock.timer);
  const tell = () => {
    const shown = frozen ? now : new Date(Date.now() + ahead).toISOString();
    chip.textContent = `${frozen ? "❄ " : ""}${shown.slice(0, 10)} ${shown.slice(11, 19)}`;
  };
  chip.title = frozen ? "The world's clock, frozen" : "The world's clock";
  chip.hidden = false;
  tell();
  if (!frozen) showClock.timer = setInterval(tell, 1000);
}

refreshShell();
