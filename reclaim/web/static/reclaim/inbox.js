/* The inbox: files and folders, dropped or chosen, go one after another; each says how far it is and what became of it.
   Without this script the form sends the chosen files by itself. */
(function () {
  "use strict";
  const form = document.getElementById("drop");
  if (!form) return;
  const card = document.getElementById("sending");
  const list = document.getElementById("sending-list");
  const said = document.getElementById("sending-said");
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const limit = Number(form.dataset.bytes);
  const waiting = [];
  let busy = false, done = 0, failed = 0, total = 0;

  form.querySelectorAll("[data-scripted]").forEach((each) => { each.hidden = false; });
  form.querySelectorAll("[data-plain]").forEach((each) => { each.hidden = true; });

  function element(tag, text, classes) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (classes) made.className = classes;
    return made;
  }

  function line(path) {
    const row = element("li");
    const bar = element("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", "Sending " + path);
    const note = element("span", "waits its turn", "small muted");
    row.append(element("span", path, "strong named"), bar, note);
    list.append(row);
    return { row, bar, note };
  }

  function say() {
    const left = total - done - failed;
    const parts = [];
    if (left) parts.push(left + " to go");
    if (done) parts.push(done + " came in");
    if (failed) parts.push(failed + " not taken");
    said.textContent = parts.join(" · ");
  }

  function add(file, path) {
    card.hidden = false;
    total += 1;
    const shown = line(path);
    if (file.size > limit) {
      finish(shown, false, "Larger than " + form.dataset.limit + ", the most that the site takes.");
      return;
    }
    waiting.push({ file, path, shown });
  }

  function finish(shown, good, text) {
    if (good) done += 1; else failed += 1;
    shown.bar.hidden = true;
    shown.note.textContent = text;
    shown.note.className = good ? "small good" : "small late";
    say();
  }

  function next() {
    const one = waiting.shift();
    busy = one !== undefined;
    if (busy) send(one); else refresh();
  }

  function start() {
    say();
    if (!busy) next();
  }

  function send({ file, path, shown }) {
    const body = new FormData();
    body.append("path", path);
    body.append("file", file, "file"); // its name is in the path: a form part carries no long one
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("X-CSRFToken", token);
    request.setRequestHeader("X-Reclaim-Upload", "row");
    shown.note.textContent = "being sent";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) shown.bar.value = Math.round((100 * event.loaded) / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status === 201) {
        place(request.responseText);
        finish(shown, true, "came in");
      } else {
        const plain = (request.getResponseHeader("Content-Type") || "").startsWith("text/plain");
        const text = plain ? request.responseText : "";
        finish(shown, false, text || "Not taken (" + request.status + "). Sign in again, then try once more.");
      }
      next();
    });
    request.addEventListener("error", () => {
      finish(shown, false, "The connection broke. Nothing was kept; try again.");
      next();
    });
    request.send(body);
  }

  /* The row of a file takes its old place, or the first. */
  function place(html) {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = holder.content.querySelector("tr");
    const body = document.getElementById("files");
    if (!fresh || !body) return;
    const old = document.getElementById(fresh.id);
    if (old) old.replaceWith(fresh); else body.prepend(fresh);
  }

  function refresh() {
    const held = document.getElementById("list");
    if (held && window.htmx) window.htmx.ajax("GET", held.dataset.poll, { target: held, swap: "outerHTML" });
  }

  /* A dropped folder is walked; readEntries gives a hundred at a time. */
  function walk(entry) {
    return new Promise((resolve) => {
      if (entry.isFile) {
        entry.file((file) => { add(file, entry.fullPath.replace(/^\//, "")); resolve(); }, resolve);
        return;
      }
      const reader = entry.createReader();
      const more = () => reader.readEntries((entries) => {
        if (!entries.length) { resolve(); return; }
        Promise.all(entries.map(walk)).then(more);
      }, resolve);
      more();
    });
  }

  function drop(data) {
    const entries = Array.from(data.items || [])
      .map((item) => (item.webkitGetAsEntry ? item.webkitGetAsEntry() : null)).filter(Boolean);
    if (entries.length) { Promise.all(entries.map(walk)).then(start); return; }
    Array.from(data.files).forEach((file) => add(file, file.name));
    start();
  }

  let depth = 0;
  const carries = (event) => event.dataTransfer && Array.from(event.dataTransfer.types).includes("Files");
  document.addEventListener("dragenter", (event) => { if (carries(event)) { depth += 1; form.dataset.over = ""; } });
  document.addEventListener("dragleave", () => { depth = Math.max(depth - 1, 0); if (!depth) delete form.dataset.over; });
  document.addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    depth = 0;
    delete form.dataset.over;
    drop(event.dataTransfer);
  });
  form.querySelectorAll("[data-choose]").forEach((input) => input.addEventListener("change", () => {
    Array.from(input.files).forEach((file) => add(file, file.webkitRelativePath || file.name));
    input.value = "";
    start();
  }));
  form.addEventListener("submit", (event) => event.preventDefault());
}());
