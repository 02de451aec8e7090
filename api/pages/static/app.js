// What every page shares: the clock (UTC or the reader's own), and messages for screen readers.
"use strict";

const rca = {
  // Say something to whoever does not see the page.
  say(text) {
    const live = document.getElementById("live");
    if (live) live.textContent = text;
  },
  // Whether keys belong to what is being typed.
  typing(target) {
    return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
  },
};

(function clock() {
  const button = document.getElementById("clock");
  if (!button || !window.Intl) return;
  const zone = new Intl.DateTimeFormat(undefined, { timeZoneName: "short" });
  const name = (at) => zone.formatToParts(at).find((part) => part.type === "timeZoneName").value;
  const kept = () => {
    try { return localStorage.getItem("rca-clock") === "local"; } catch { return false; }
  };
  const keep = (local) => {
    try { localStorage.setItem("rca-clock", local ? "local" : "utc"); } catch { /* it lasts for this page */ }
  };
  let local = kept();
  const written = new WeakMap();

  function show(element) {
    if (!written.has(element)) written.set(element, element.textContent);
    if (!local) { element.textContent = written.get(element); return; }
    const at = new Date(element.dateTime);
    const parts = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    if (element.hasAttribute("data-year")) parts.year = "numeric";
    element.textContent = new Intl.DateTimeFormat("en-GB", parts).format(at).replace(",", "") + " " + name(at);
  }

  rca.clock = function (root = document) {
    root.querySelectorAll("time[data-clock]").forEach(show);
    // charts are drawn in the reader's time as well
    const minutes = local ? -new Date().getTimezoneOffset() : 0;
    root.querySelectorAll("picture[data-clock]").forEach((picture) => {
      picture.querySelectorAll("source, img").forEach((part) => {
        const from = part.tagName === "IMG" ? "src" : "srcset";
        const url = new URL(part.getAttribute(from), location.href);
        if (Number(url.searchParams.get("offset") || 0) === minutes) return;
        if (minutes) url.searchParams.set("offset", minutes); else url.searchParams.delete("offset");
        part.setAttribute(from, url.pathname + url.search);
      });
    });
  };

  function update() {
    button.textContent = local ? name(new Date()) : "UTC";
    button.setAttribute("aria-pressed", String(local));
    rca.clock();
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    local = !local;
    keep(local);
    update();
    rca.say(local ? "Times are in your own time zone." : "Times are in UTC.");
  });
  update();
})();
