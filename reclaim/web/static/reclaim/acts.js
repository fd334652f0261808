/* Forms of actions as a dialog over the page. Without this script each is a page of its own, and works the same.
   A link with hx-target="#act" brings the form; whoever has pressed is found again when the page comes back. */
(function () {
  "use strict";
  const KEPT = "reclaim-focus";
  const dialog = () => document.querySelector("dialog#act");
  const keep = (element) => { if (element && element.id) sessionStorage.setItem(KEPT, element.id); };

  function show() {
    for (const menu of document.querySelectorAll(".menu[open]")) menu.open = false;
    if (!dialog().open) dialog().showModal();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    const from = event.detail.elt;
    if (!from.matches("[hx-target='#act']:not(form)")) return;
    keep(from);
    if (!dialog() || dialog().dataset.typed !== from.href) return;
    event.preventDefault(); /* what was typed before it was closed is still there */
    show();
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const from = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (event.detail.target.matches("dialog#act") && from && from.href) {
      event.detail.target.dataset.from = from.href;
      delete event.detail.target.dataset.typed;
    }
  });

  document.addEventListener("input", (event) => {
    if (event.target.closest("dialog#act")) dialog().dataset.typed = dialog().dataset.from;
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const place = event.detail.target;
    if (place.id !== "act") return;
    if (place.matches("dialog")) show();
    const first = place.querySelector("[aria-invalid='true'], [autofocus], button, a[href]");
    if (first) first.focus();
    for (const each of place.querySelectorAll("[autofocus]")) each.removeAttribute("autofocus"); /* htmx would go back to
      it in a moment, from wherever somebody is by then */
  });

  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.target.id !== "act") return;
    const from = event.detail.elt;
    if (from.matches("form")) from.submit();
    else location.assign(from.href);
  });

  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-act]")) keep(event.submitter);
  });

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (!close || !dialog() || !dialog().open) return;
    event.preventDefault();
    dialog().close();
  });

  document.addEventListener("close", (event) => {
    if (event.target === dialog()) found();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.closest("dialog#act")) dialog().close();
    const form = event.target.closest("#act form");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });

  function found() {
    const id = sessionStorage.getItem(KEPT);
    sessionStorage.removeItem(KEPT);
    if (!id) return;
    const place = document.getElementById(id) || document.querySelector(".acts .btn");
    if (place) place.focus({ preventScroll: true });
  }

  found();
})();
