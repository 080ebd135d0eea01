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

// Keys of a playbook: next and previous step, change, add behind, the trial, close. They only follow links that stand there.
(() => {
  const flow = document.querySelector("[data-playbook]");
  if (!flow) return;
  const nodes = [...flow.querySelectorAll(".b-node")];
  const near = (node, next) => nodes[Math.min(Math.max(nodes.indexOf(node) + next, 0), nodes.length - 1)];
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    const close = flow.querySelector("#pick .end");
    if (event.key === "Escape" && close) return close.click();
    if (typing) return;
    const node = event.target.closest(".b-node");
    if (event.key === "j" || event.key === "k") near(node, event.key === "j" ? 1 : -1).focus();
    else if (event.key === "Enter" && event.target === node) node.querySelector("h3 a")?.click();
    else if (event.key === "i" && node) [...flow.querySelectorAll(".b-ins a")].find((link) => node.compareDocumentPosition(link) & 4)?.click();
    else if (event.key === "t") document.querySelector("#trial input")?.focus();
    else return;
    event.preventDefault();
  });
})();
