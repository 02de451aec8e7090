// Pages about many incidents: a button that prints.
"use strict";

document.querySelectorAll(".js-print").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
