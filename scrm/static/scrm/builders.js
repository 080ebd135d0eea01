// Keys of the rule builder: they only press buttons that stand on the page.
(() => {
  const press = (row, deed) => row.querySelector(`[name="do"][value^="${deed}:"]`)?.click();
  const keys = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };
  document.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(".b-cond");
    if (!row) return;
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "Escape") {
      const open = row.querySelector('[value="cancel"]');
      const menu = row.querySelector("details[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
      else if (open) open.click();
      else return;
    } else if (event.altKey && keys[event.key]) press(row, keys[event.key]);
    else if (event.key === "Delete" && !typing) press(row, "remove");
    else return;
    event.preventDefault();
  });
})();
