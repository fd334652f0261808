/* Keys, menus, the theme and rows: what pages can do without script, here in fewer strokes.
   Markup says what is there: data-row (a row with a link), data-search, data-key="n" (a link or button and its key),
   data-go="h" (a link of the menu after g). */
(function () {
  "use strict";
  let going = 0;

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => Array.from(document.querySelectorAll("[data-row]"));
  const link = (row) => row.querySelector("a[href]");

  function step(by) {
    const every = rows();
    if (!every.length) return false;
    const here = every.findIndex((row) => row.contains(document.activeElement));
    const next = every[here < 0 ? (by > 0 ? 0 : every.length - 1) : Math.min(Math.max(here + by, 0), every.length - 1)];
    link(next).focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function press(key) {
    const place = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
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
})();
