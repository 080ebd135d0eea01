// On a wide screen a line of the care list opens beside it; on a phone it is a page of its own.
(() => {
  "use strict";
  const wide = () => matchMedia("(min-width: 1000px)").matches;
  const pane = () => document.querySelector("[data-pane]");
  const open = (link) => {
    document.querySelectorAll("[data-into][aria-current]").forEach((one) => one.removeAttribute("aria-current"));
    link.setAttribute("aria-current", "true");
    htmx.ajax("GET", link.getAttribute("href"), { target: pane(), swap: "innerHTML" });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-into]");
    if (!link || !pane() || !wide() || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link);
  });
  // When everything is there, htmx too.
  document.addEventListener("DOMContentLoaded", () => {
    const first = document.querySelector("[data-into]");
    if (first && pane() && wide()) open(first);
  });
})();
