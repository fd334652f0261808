/* Keys, menus, the theme and rows: what pages can do without script, here in fewer strokes.
   Markup says what is there: data-row (a row with a link, data-open if it has several), data-search, data-key="n" (a link
   or button and its key), data-go="h" (a link of the menu after g), data-pick (the box that chooses a row), data-pick-all,
   data-picked (says how many), data-bulk (a button for the chosen rows), data-place (why a row is where it is). */
(function () {
  "use strict";
  let going = 0;

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => Array.from(document.querySelectorAll("[data-row]"));
  const link = (row) => row.querySelector("[data-open]") || row.querySelector("a[href]");
  const here = () => rows().find((row) => row.contains(document.activeElement));
  const picked = () => document.querySelectorAll("[data-pick]:checked").length;

  function step(by) {
    const every = rows();
    if (!every.length) return false;
    const at = every.findIndex((row) => row.contains(document.activeElement));
    show(every[at < 0 ? (by > 0 ? 0 : every.length - 1) : Math.min(Math.max(at + by, 0), every.length - 1)]);
    return true;
  }

  function show(row) {
    link(row).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function count() {
    const many = picked(), all = document.querySelector("[data-pick-all]");
    for (const each of document.querySelectorAll("[data-picked]")) each.textContent = `${many} chosen`;
    if (all) {
      const every = document.querySelectorAll("[data-pick]").length;
      all.checked = many > 0 && many === every;
      all.indeterminate = many > 0 && many < every;
    }
  }

  function pick(row) {
    const box = row && row.querySelector("[data-pick]");
    if (box) { box.checked = !box.checked; count(); }
    return Boolean(box);
  }

  function place() {
    const way = here() && here().querySelector("[data-place]");
    if (way) way.click();
    return Boolean(way);
  }

  function press(key) {
    const place = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (place && place.matches("[data-bulk]") && !picked() && !pick(here())) return false;
    if (place) place.click();
    return place !== null;
  }

  function sheet() {
    const keys = document.getElementById("keys");
    if (keys && !keys.open) keys.showModal();
    return true;
  }

  function search() {
    const field = document.querySelector("[data-search]");
    if (field) { field.focus(); field.select(); }
    return field !== null;
  }

  function act(key) {
    if (Date.now() - going < 1200) {
      going = 0;
      const place = document.querySelector(`[data-go="${CSS.escape(key)}"]`);
      if (place) { place.click(); return true; }
    }
    switch (key) {
      case "g": going = Date.now(); return true;
      case "j": return step(1) || press("j");
      case "k": return step(-1) || press("k");
      case "x": return pick(here()) || press("x");
      case "w": return place() || press("w");
      case "/": return search();
      case "?": return sheet();
      default: return press(key);
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector(".menu[open], .hint[open]");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
      else if (typing(event.target)) event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || event.key.length > 1) return;
    if (act(event.key)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".menu[open], .hint[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("a, button, summary, input, label") && !String(getSelection())) link(row).click();
  });

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-theme-switch]") || !button) return;
    event.preventDefault();
    document.documentElement.dataset.theme = button.value;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${button.value}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    for (const each of event.target.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      for (const box of document.querySelectorAll("[data-pick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick], [data-pick-all]")) count();
  });

  /* What htmx swaps in must not lose the keyboard: back to the same thing, to its menu, or to the first row. */
  let menu = "";
  document.addEventListener("htmx:beforeSwap", () => {
    const open = document.activeElement && document.activeElement.closest("[data-menu]");
    menu = open ? open.id : "";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.matches("dialog")) { if (!event.target.open) event.target.showModal(); return; }
    if (event.target.id !== "results" || document.activeElement !== document.body) return;
    const summary = menu && document.querySelector(`#${CSS.escape(menu)} > summary`);
    const row = rows()[0];
    if (summary) summary.focus();
    else if (row) link(row).focus({ preventScroll: true });
    else document.getElementById("content").focus({ preventScroll: true });
  });

  /* Back from a case or an action, on the same row, or on the first when it has left the list. */
  if (/^#case-\d+$/.test(location.hash)) {
    const target = document.getElementById(location.hash.slice(1));
    const row = (target && target.closest("[data-row]")) || rows()[0];
    if (row) show(row);
  }
})();
