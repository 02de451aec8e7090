// The list looks for new incidents every few seconds while it is seen; none moves under the reader's focus.
"use strict";

(function live() {
  const list = document.getElementById("incidents");
  if (!list || !list.dataset.rows) return;
  const EVERY = 5000;
  let tag = null;

  const ids = (root) => new Map([...root.querySelectorAll("tr[data-incident]")].map((row) => [row.dataset.incident, row]));

  function take(html, total) {
    const box = document.createElement("template");
    box.innerHTML = `<table><tbody>${html}</tbody></table>`; // the server's own page, every text in it escaped
    const body = list.querySelector("tbody");
    const fresh = ids(box.content);
    if (!body) { if (fresh.size) location.reload(); return; }
    const known = ids(body);
    const added = [...fresh.keys()].filter((id) => !known.has(id));
    for (const [id, row] of fresh) {
      const old = known.get(id);
      if (old && !old.contains(document.activeElement) && old.innerHTML !== row.innerHTML) old.innerHTML = row.innerHTML;
    }
    [...fresh].reverse().forEach(([id, row]) => {
      if (known.has(id)) return;
      row.classList.add("new");
      const following = [...fresh.keys()].slice([...fresh.keys()].indexOf(id) + 1).find((next) => ids(body).has(next));
      body.insertBefore(row, following ? ids(body).get(following) : null);
    });
    if (added.length) rca.say(added.length === 1 ? "A new incident." : `${added.length} new incidents.`);
    if (total !== null) document.getElementById("total").textContent = total;
    rca.clock(body);
  }

  async function look() {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(list.dataset.rows, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store", credentials: "same-origin" });
      if (answer.status === 200 && !answer.redirected) {
        tag = answer.headers.get("ETag");
        take(await answer.text(), answer.headers.get("X-Total"));
      }
    } catch { /* the service is away; look again later */ }
  }
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
})();

// j and k walk the list, Enter opens, / searches.
document.addEventListener("keydown", (event) => {
  if (rca.typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...document.querySelectorAll("#incidents tr[data-incident] .what a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "/") { document.getElementById("text").focus(); event.preventDefault(); }
  if (event.key === "j" && links.length) { links[Math.min(at + 1, links.length - 1)].focus(); event.preventDefault(); }
  if (event.key === "k" && links.length) { links[Math.max(at - 1, 0)].focus(); event.preventDefault(); }
});
