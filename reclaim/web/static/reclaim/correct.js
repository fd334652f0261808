/* The claim as a form: what differs is marked as one types, what the checks say stands beside its field. Without this
   script the page says the same whenever it is saved. Fields carry data-value (as it is kept) and data-was (as sent). */
(function () {
  "use strict";
  const KEPT = "reclaim-correct";
  const form = document.getElementById("correct");
  if (!form) return;
  const fields = () => Array.from(form.querySelectorAll("input[data-value]"));
  const unkept = () => fields().some((field) => field.value.trim() !== field.dataset.value);
  let leaving = false;

  function mark(field) {
    const differs = field.value.trim() !== field.dataset.was;
    field.closest(".cell").classList.toggle("changed", differs);
    field.parentElement.querySelector(".was").hidden = !differs;
  }

  function beside() {
    for (const old of form.querySelectorAll(".beside")) old.remove();
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    for (const said of form.querySelectorAll("#found [data-for]")) {
      const field = document.getElementById(said.dataset.for);
      if (!field || !field.dataset) continue;
      const text = document.createElement("p");
      text.className = `beside ${said.dataset.tone}`;
      text.textContent = said.querySelector("[data-text]").textContent;
      const place = document.getElementById(`${field.id}-said`);
      if (place) place.append(text);
      if (said.dataset.tone === "late") field.setAttribute("aria-invalid", "true");
    }
    ready();
  }

  function ready() {
    for (const each of form.querySelectorAll("[data-next-wrong]")) each.hidden = !form.querySelector("[aria-invalid='true']");
  }

  function show(field) {
    for (let folded = field.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
    field.focus();
    field.select();
  }

  form.addEventListener("input", (event) => { if (event.target.matches("input[data-value]")) mark(event.target); });

  document.addEventListener("htmx:configRequest", (event) => {
    if (event.target.id !== "found") return;
    for (const field of fields()) {
      if (field.value.trim() === field.dataset.value) delete event.detail.parameters[field.name];
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "found") beside(); });

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#f-']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (field) { event.preventDefault(); show(field); }
    if (!event.target.closest("[data-next-wrong]")) return;
    const wrong = Array.from(form.querySelectorAll("[aria-invalid='true']"));
    show(wrong[(wrong.indexOf(document.activeElement) + 1) % wrong.length]);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form.contains(event.target)) {
      event.preventDefault();
      const save = document.getElementById("do-save");
      if (save) save.click();
    }
  });

  form.addEventListener("submit", () => {
    leaving = true;
    const field = document.activeElement;
    sessionStorage.setItem(KEPT, JSON.stringify([location.pathname, scrollY, field && field.dataset.value !== undefined ? field.id : ""]));
  });

  addEventListener("beforeunload", (event) => { if (!leaving && form.matches("[data-open]") && unkept()) event.preventDefault(); });

  const [path, y, id] = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  sessionStorage.removeItem(KEPT);
  if (path === location.pathname) {
    scrollTo(0, y);
    const field = id && document.getElementById(id);
    if (field) field.focus({ preventScroll: true });
  } else if (/^#f-/.test(location.hash)) {
    const field = document.getElementById(location.hash.slice(1));
    if (field) show(field);
  }
  fields().forEach(mark);
  ready();
})();
