/* Automatic sign-off: a minute before it, somebody who does nothing is asked; when it has come, the page goes away.
   The server decides: its answers say in X-Idle-Left how many seconds are left. Typing and pointing count as being there. */
(function () {
  "use strict";
  const script = document.currentScript;
  const WARN = 60, SAY = 55;
  const dialog = document.getElementById("idle");
  const whole = Number(script.dataset.idle);
  let told = Date.now(), timer = 0, ends = 0, ticking = 0;

  async function ask(background) {
    try {
      const answer = await fetch(script.dataset.here, { headers: background ? { "X-Background": "1" } : {}, redirect: "manual" });
      if (answer.type === "opaqueredirect") return -1;
      return answer.ok ? Number(answer.headers.get("X-Idle-Left") || whole) : whole;
    } catch { return ends ? Math.round((ends - Date.now()) / 1000) : WARN * 2; }
  }

  function wait(left) {
    clearTimeout(timer);
    clearInterval(ticking);
    ends = 0;
    if (dialog.open) dialog.close();
    timer = setTimeout(look, Math.max(left - WARN, 1) * 1000);
  }

  async function look() {
    const left = await ask(true);
    if (left > WARN) return wait(left);
    if (left < 0) return location.reload();
    ends = Date.now() + left * 1000;
    if (!dialog.open) dialog.showModal();
    ticking = setInterval(tick, 1000);
    tick();
  }

  async function tick() {
    const left = Math.round((ends - Date.now()) / 1000);
    dialog.querySelector("[data-left]").textContent = String(Math.max(left, 0));
    if (left > -2) return;
    clearInterval(ticking);
    const more = await ask(true);
    if (more > WARN) wait(more); else location.reload();
  }

  async function stay() {
    told = Date.now();
    const left = await ask(false);
    if (left < 0) location.reload(); else wait(left);
  }

  function active() {
    if (!dialog.open && Date.now() - told > SAY * 1000) stay();
  }

  for (const name of ["keydown", "pointerdown", "wheel"]) document.addEventListener(name, active, { passive: true });
  dialog.addEventListener("close", () => { if (ends) stay(); });
  wait(whole - WARN);
})();
