// The first page: copies, shows one language at a time, and asks for itself again once somebody is signed in.

import { $, $$, copy } from "./dom.js";

const TOKEN = "mockserver.token";

/** Bring to life what the server wrote. */
function wake() {
  for (const button of $$("[data-copies]")) {
    button.addEventListener("click", async () => {
      await copy(button.dataset.copies);
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = "Copy"), 1200);
    });
  }
  const tabs = $$("[role=tab]");
  const choose = (chosen) => {
    for (const tab of tabs) {
      const is = tab === chosen;
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      $(`#${tab.getAttribute("aria-controls")}`).hidden = !is;
    }
  };
  for (const [place, tab] of tabs.entries()) {
    tab.addEventListener("click", () => choose(tab));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      choose(next);
      next.focus();
    });
  }
  if (tabs.length) {
    $("[role=tablist]").hidden = false;
    choose(tabs[0]);
  }
  $("#open")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    const token = String.fromCharCode(...new TextEncoder().encode(field.value.trim()));
    if (await show(token)) return sessionStorage.setItem(TOKEN, token);
    $("#refusal").textContent = "This is not the server's admin token.";
    field.setAttribute("aria-invalid", "true");
    field.select();
  });
}

/** Put the page in the place of this one that whoever bears the token sees; false where it opens nothing. */
async function show(token) {
  const answer = await fetch("/", {
    headers: { Accept: "text/html", Authorization: `Bearer ${token}` }, credentials: "omit", cache: "no-store",
  });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if ($("#open", page)) return false;
  $("main").replaceWith(page.querySelector("main"));
  wake();
  return true;
}

wake();
const known = sessionStorage.getItem(TOKEN);
if (known && $("#open")) show(known);
