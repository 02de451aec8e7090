// Reviewing by keyboard: j k causes, 1 2 3 4 verdicts, m n u, [ ] incidents, ? help. Off while something is typed.
"use strict";

(function review() {
  const causes = () => [...document.querySelectorAll("[data-cause]")];
  const words = { 1: "confirmed", 2: "contributing", 3: "rejected", 4: "cant_tell" };
  let here = null;

  function go(cause) {
    if (!cause) return;
    const folded = cause.closest("details");
    if (folded) folded.open = true;
    if (here) here.classList.remove("here");
    here = cause;
    cause.classList.add("here");
    cause.focus({ preventScroll: true });
    cause.scrollIntoView({ block: "start" });
  }

  function current() {
    if (here) return here;
    const inside = document.activeElement && document.activeElement.closest("[data-cause]");
    return inside || causes()[0] || null;
  }

  function step(by) {
    const all = causes();
    const at = all.indexOf(here);
    go(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  const press = (selector, root = document) => {
    const button = root && root.querySelector(selector);
    if (button) button.click();
    return Boolean(button);
  };

  function act(key) {
    if (key === "j") { step(1); return true; }
    if (key === "k") { step(-1); return true; }
    if (key in words) {
      const cause = current();
      if (cause) { if (!here) go(cause); return press(`.verdict button[value="${words[key]}"]`, cause); }
      return false;
    }
    if (key === "m") {
      const field = document.getElementById("m-family");
      if (field) { field.closest("section").scrollIntoView({ block: "start" }); field.focus({ preventScroll: true }); }
      return Boolean(field);
    }
    if (key === "n") return press("#no-fault button");
    if (key === "u") return press("#undo button");
    if (key === "[" || key === "]") return press(`a[data-key="${key}"]`);
    if (key === "?") { document.getElementById("keys").showModal(); return true; }
    return false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat && !"jk".includes(event.key)) return;
    if (rca.typing(event.target) || document.querySelector("dialog[open]")) return;
    if (act(event.key)) event.preventDefault();
  });

  // a verdict leads back to its cause
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches("[data-cause]")) go(target);
  else if (target && target.closest("details")) { target.closest("details").open = true; target.scrollIntoView(); }
  document.addEventListener("focusin", (event) => {
    const cause = event.target.closest("[data-cause]");
    if (cause && cause !== here) { if (here) here.classList.remove("here"); here = cause; cause.classList.add("here"); }
  });

  const help = document.getElementById("help");
  help.hidden = false;
  help.addEventListener("click", () => document.getElementById("keys").showModal());

  // whether the evidence was looked at before the verdict: it was on the screen for a second
  for (const field of document.querySelectorAll('.verdict input[name="opened"]')) field.value = "0";
  const waits = new Map();
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const field = entry.target.closest("[data-cause]").querySelector('.verdict input[name="opened"]');
      clearTimeout(waits.get(entry.target));
      if (field && entry.isIntersecting) waits.set(entry.target, setTimeout(() => { field.value = "1"; }, 1000));
    }
  }, { threshold: 0.15 });
  document.querySelectorAll("[data-evidence]").forEach((part) => seen.observe(part));

  // one press, one record
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // parts that read the raw logs come when they are near
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); load(entry.target); }
  }, { rootMargin: "600px" });
  async function load(part) {
    try {
      const answer = await fetch(part.dataset.load, { credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return;
      const box = document.createElement("template");
      box.innerHTML = await answer.text(); // the server's own page, every text in it escaped
      part.querySelector("p").replaceWith(box.content);
      rca.clock(part);
    } catch { /* the link stays */ }
  }
  document.querySelectorAll("[data-load]").forEach((part) => near.observe(part));

  // an answer that is being worked out
  if (document.querySelector("[data-waiting]")) setTimeout(() => location.reload(), 4000);
  const done = document.getElementById("done");
  if (done) rca.say(done.textContent);
})();
