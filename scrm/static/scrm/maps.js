// Keys of a journey map: they only move focus and press what stands on the page.
(() => {
  const places = () => [...document.querySelectorAll("#map .b-place")];
  const busy = () => document.querySelector("#map .htmx-request, #map.htmx-request");
  const walk = (place, key) => {
    const all = places();
    const stages = [...document.querySelectorAll("#map .b-map > section")];
    if (key === "ArrowUp" || key === "ArrowDown") return all[all.indexOf(place) + (key === "ArrowDown" ? 1 : -1)];
    const at = stages.indexOf(place.closest("section"));
    return stages[at + (key === "ArrowRight" ? 1 : -1)]?.querySelector(".b-place");
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, textarea")) return;
    const place = event.target.closest?.("#map .b-place");
    if (event.key.toLowerCase() === "z" && event.target.closest?.("#map")) document.getElementById("undo")?.click();
    else if (!place) return;
    else if (event.key.startsWith("Arrow")) walk(place, event.key)?.querySelector("a").focus();
    else if (event.key === "+" || event.key === "=") { if (!busy()) place.querySelector('[id^="a-"]')?.click(); }
    else if (event.key === "-" || event.key === "−") { if (!busy()) place.querySelector('[id^="m-"]')?.click(); }
    else if (event.key.toLowerCase() === "n") location.assign(`${place.querySelector("a").href}#notes`);
    else return;
    event.preventDefault();
  });
})();
