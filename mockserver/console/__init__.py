"""The console in the browser: what a world is asked, what it holds, and a hand on its controls.

It is a guest of the public control plane: a page is a frame without data, and its script asks `/__admin` and the API
for all that it shows, with the token that the tab keeps in its `sessionStorage`. What it needs and the plane lacks
becomes a documented call. Nothing here is imported before the first page is asked for.

To add a page `things`:

1. a row in `PAGES` (`console/pages.py`): its name is its path, its template and its script;
2. `templates/things.html`, which extends `base.html` and fills `content` with the frame of what it shows: headings,
   empty lists, forms with their labels. No inline script or style, which the Content-Security-Policy refuses;
3. `static/things.js`, a module of plain JavaScript. `plane.js` asks (`call` the control plane, `ask` the API with the
   world's key, `here("/faults")` a path of the chosen world); `dom.js` shows (`h` makes elements of text alone, so that
   what a record says is never run; `tree` shows JSON; `toast`, `copyButton`, `openDialog`); `keys.js` binds keys and
   tells them under `?`; colours, tables, forms, chips and panels are classes of `console.css`, listed at its top;
4. `tests/console/test_things.py`, which uses it in Chromium as a person would (`visit("things")`; `expect` is
   `tests.browsers.driver().expect`). `test_every_page.py` shows it to axe and photographs it without being told.
"""

from mockserver.console.pages import PAGES, Page, answer_file, answer_page, framed

__all__ = ["PAGES", "Page", "answer_file", "answer_page", "framed"]
