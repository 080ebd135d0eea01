// Cases by keyboard; drafts that survive; the channel of an answer.
(() => {
  "use strict";
  const keysOn = () => "shortcuts" in document.body.dataset;
  const rows = () => [...document.querySelectorAll("[data-rows] [data-row]")];
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");
  let here = -1;
  let going = false;
  let held = [];

  const go = (to) => {
    const all = rows();
    if (!all.length) return;
    here = Math.max(0, Math.min(all.length - 1, to));
    all.forEach((row, place) => {
      row.classList.toggle("cur", place === here);
      if (place === here) row.setAttribute("aria-current", "true"); else row.removeAttribute("aria-current");
    });
    all[here].querySelector("a").focus();
    all[here].scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const target = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (!target) return false;
    if (target.matches("input[type=radio]")) { target.checked = true; target.dispatchEvent(new Event("change", { bubbles: true })); document.getElementById("say")?.focus(); return true; }
    if (target.matches("summary")) {
      const box = target.closest("details");
      box.open = true;
      (box.querySelector("input:not([type=hidden]), select, button") || target).focus();
      return true;
    }
    target.click();
    return true;
  };
  // On the list A takes and S puts off the row under the cursor, by the form of the chosen ones.
  const onRow = (deed) => {
    const row = rows()[here];
    const form = document.getElementById("s-many");
    if (!row || !form) return false;
    if (!form.querySelector("[name=case]:checked")) { const box = row.querySelector("[name=case]"); if (!box) return false; box.checked = true; count(); }
    if (deed === "snooze") { const to = document.getElementById("b-to"); if (!to.value) to.value = "hour"; }
    form.querySelector(`[name=deed][value=${deed}]`)?.click();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.("#s-say");
    if (box && event.ctrlKey && event.key === "Enter") {
      event.preventDefault();
      box.querySelector(event.shiftKey ? "[data-sendwait]" : "[data-send]").click();
      return;
    }
    if (!keysOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (typing(event.target)) { event.target.blur(); return; }
      const back = document.querySelector(".s-backbtn");
      if (back && !document.querySelector(":popover-open")) back.click();
      return;
    }
    if (typing(event.target)) return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (going) { going = false; if (key === "I") location.assign("/inbox/"); if (key === "C") location.assign("/customers/"); return; }
    if (key === "G") { going = true; setTimeout(() => { going = false; }, 1500); return; }
    let done = true;
    if (key === "J") go(here + 1);
    else if (key === "K") go(here - 1);
    else if (key === "X" && here >= 0) { const mark = rows()[here].querySelector("[name=case]"); if (mark) { mark.checked = !mark.checked; count(); } }
    else if (rows().length && key === "A") done = onRow("take");
    else if (rows().length && key === "S") done = onRow("snooze");
    else done = press(key);
    if (done) event.preventDefault();
  });

  // How many are chosen.
  const count = () => {
    const bar = document.querySelector("[data-chosen]");
    if (!bar) return;
    const n = document.querySelectorAll("#s-many [name=case]:checked").length;
    bar.textContent = bar.dataset.words.replace("%s", n);
    bar.closest(".s-bulk").classList.toggle("some", n > 0);
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#s-many [name=case]")) count();
  });
  count();

  // What was typed is kept per case until it is sent.
  const drafts = (field) => `draft:${field.dataset.draft}`;
  const restore = () => document.querySelectorAll("[data-draft]").forEach((field) => {
    if (!field.value) field.value = localStorage.getItem(drafts(field)) || "";
    else localStorage.setItem(drafts(field), field.value);
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-draft]")) return;
    if (event.target.value) localStorage.setItem(drafts(event.target), event.target.value);
    else localStorage.removeItem(drafts(event.target));
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    // The form itself was swapped away: what was asked for says which it was.
    const form = event.detail.requestConfig?.elt;
    if (form?.id === "s-say" && event.detail.xhr.status < 300) { held = []; const field = form.querySelector("[data-draft]"); localStorage.removeItem(drafts(field)); }
  });
  document.body.addEventListener("htmx:afterSwap", () => setTimeout(() => { restore(); showChosen(); }, 0));
  restore();

  // The script a macro laid ready stays named while its words stand in the box, also when news come.
  let script = "";
  document.body.addEventListener("htmx:beforeSwap", () => { script = document.querySelector("#s-say [name=script]")?.value || script; });
  document.body.addEventListener("htmx:afterSwap", () => setTimeout(() => {
    const form = document.getElementById("s-say");
    if (!form || !script || form.querySelector("[name=script]")) return;
    if (!form.querySelector("[data-draft]").value) { script = ""; return; }
    const kept = document.createElement("input");
    Object.assign(kept, { type: "hidden", name: "script", value: script });
    form.append(kept);
  }, 50));

  // @ in a note offers who may be named: arrows, Enter or Tab, Esc; or by hand.
  let asking = 0;
  const namesBox = () => document.querySelector("[data-namebox]");
  const options = () => [...document.querySelectorAll("#s-names [data-name]")];
  const begun = (field) => {
    if (!document.querySelector("#s-say [name=how][value=note]")?.checked) return null;
    return /(?:^|[^A-Za-z0-9_.+-])@([^\s@]{0,60})$/.exec(field.value.slice(0, field.selectionStart));
  };
  const shut = () => {
    clearTimeout(asking);
    const field = document.getElementById("say");
    namesBox()?.replaceChildren();
    ["aria-controls", "aria-activedescendant", "aria-autocomplete"].forEach((name) => field?.removeAttribute(name));
  };
  const point = (to) => {
    const all = options();
    if (!all.length) return;
    const place = (to + all.length) % all.length;
    all.forEach((one, nth) => one.setAttribute("aria-selected", String(nth === place)));
    all[place].scrollIntoView({ block: "nearest" });
    document.getElementById("say").setAttribute("aria-activedescendant", all[place].id);
  };
  const offer = async (field, word) => {
    const answer = await fetch(`${field.dataset.names}?q=${encodeURIComponent(word)}`, { headers: { "HX-Request": "true" } });
    const now = begun(field);
    if (!answer.ok || answer.redirected || !now || now[1] !== word || document.activeElement !== field) return;
    namesBox().innerHTML = await answer.text();
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", "s-names");
    point(0);
    const said = document.querySelector("[data-namesay]");
    said.textContent = said.dataset.words.replace("%s", options().length);
  };
  const choose = (option) => {
    const field = document.getElementById("say");
    const found = begun(field);
    if (!found || !option) return;
    const start = field.selectionStart - found[1].length;
    field.setRangeText(`${option.dataset.name} `, start, field.selectionStart, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
    shut();
  };
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-names]")) return;
    const found = begun(event.target);
    if (!found) { shut(); return; }
    clearTimeout(asking);
    asking = setTimeout(() => offer(event.target, found[1]), 150);
  });
  document.addEventListener("keydown", (event) => {
    if (!event.target.matches?.("[data-names]") || !document.getElementById("s-names")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const here = options().findIndex((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") shut();
    else if (event.key === "ArrowDown") point(here + 1);
    else if (event.key === "ArrowUp") point(here - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && here >= 0) choose(options()[here]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest?.("#s-names [data-name]");
    if (option) { event.preventDefault(); choose(option); }
  });
  document.addEventListener("focusout", (event) => { 
    const field = event.target;
    if (field.matches?.("[data-names]")) setTimeout(() => { if (document.activeElement !== field) shut(); }, 150);
  });

  // A preview that stands follows the chosen channel.
  document.addEventListener("change", (event) => {
    if (event.target.closest(".s-ways") && document.querySelector("#s-preview section")) document.querySelector("[data-preview]").click();
  });

  // Files of an answer: chosen, dropped or pasted; they stay when the answer is refused, and each can be left out again.
  document.documentElement.classList.add("js");
  const sameFile = (one, other) => one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;
  const showChosen = () => {
    const field = document.getElementById("files");
    if (!field) return;
    const bag = new DataTransfer();
    held.forEach((file) => bag.items.add(file));
    field.files = bag.files;
    const list = document.querySelector(".s-chosen");
    list.replaceChildren(...held.map((file) => {
      const row = document.createElement("li"), name = document.createElement("bdi"), away = document.createElement("button");
      name.textContent = file.name;
      away.type = "button";
      away.className = "btn btn-quiet btn-s";
      away.textContent = "×";
      away.setAttribute("aria-label", `${list.dataset.away}: ${file.name}`);
      away.addEventListener("click", () => { held = held.filter((one) => one !== file); showChosen(); field.focus(); });
      row.append(name, away);
      return row;
    }));
  };
  const addFiles = (files) => {
    [...files].forEach((file) => { if (!held.some((one) => sameFile(one, file))) held.push(file); });
    showChosen();
  };
  document.addEventListener("change", (event) => { if (event.target.id === "files") addFiles(event.target.files); });
  ["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
    const box = event.target.closest?.("[data-drop]");
    if (!box || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    box.classList.toggle("over", kind === "dragover");
    if (kind === "drop") addFiles(event.dataTransfer.files);
  }));
  document.addEventListener("paste", (event) => {
    if (!event.target.closest?.("[data-drop]") || !event.clipboardData?.files.length) return;
    if (!event.clipboardData.types.includes("text/plain")) event.preventDefault();
    addFiles(event.clipboardData.files);
  });
  document.body.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.detail.elt.querySelector?.(".s-progress");
    if (!bar || !held.length || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.value = Math.round((100 * event.detail.loaded) / event.detail.total);
  });
  // A script chosen beside a case fills the answer of the case; beside a conversation it is that one's.
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest?.("[data-script]");
    const form = document.getElementById("s-say");
    const say = document.getElementById("say");
    if (!chosen || !form || !say) return;
    event.preventDefault();
    event.stopPropagation();
    const named = form.querySelector("[name=script]") || Object.assign(document.createElement("input"), { type: "hidden", name: "script" });
    named.value = chosen.dataset.script;
    form.append(named);
    say.value = chosen.dataset.text;
    document.getElementById("s-scripts").replaceChildren();
    say.dispatchEvent(new Event("input", { bubbles: true }));
    say.focus();
  }, true);
})();
