// Live news, errors that say so, a password that can be seen, keys for those who want them.
(() => {
  "use strict";
  const toasts = document.getElementById("toasts");

  const toast = (text) => {
    const box = document.createElement("div");
    box.className = "s-toast";
    const words = document.createElement("span");
    words.className = "grow";
    words.textContent = text;
    box.append(words);
    toasts.replaceChildren(box);
    fade(box);
  };
  const fade = (box) => {
    const go = () => { if (box.matches(":hover, :focus-within")) setTimeout(go, 2000); else box.remove(); };
    setTimeout(go, 10000);
  };
  toasts?.querySelectorAll("[data-goes]").forEach(fade);
  document.body.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll?.(".s-undobar[data-goes]").forEach(fade));

  // Of many places the one we are in is in sight, on a phone and on a low screen too.
  document.querySelectorAll(".s-rooms [aria-current], .s-rail [aria-current]").forEach((one) => {
    const box = one.parentElement, here = one.getBoundingClientRect(), all = box.getBoundingClientRect();
    box.scrollLeft += here.left - all.left - 16;
    box.scrollTop += here.top - all.top - (all.height - here.height) / 2;
  });

  document.body.addEventListener("htmx:responseError", (event) => {
    const number = event.detail.xhr.getResponseHeader("X-Request-Number") || event.detail.xhr.status;
    toast(`${document.body.dataset.failed} ${number}`);
  });
  document.body.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline));
  // After a refusal the summary takes the focus, so that nobody has to look for it.
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (![409, 422].includes(event.detail.xhr.status)) return;
    // What was swapped whole is not on the page any more: its successor bears the same id.
    const target = event.detail.target.isConnected ? event.detail.target : document.getElementById(event.detail.target.id);
    target?.querySelector?.("[role=alert]")?.focus();
  });
  document.querySelector(".s-err[tabindex], .b-faster [role=alert]")?.focus();

  document.addEventListener("click", (event) => {
    const eye = event.target.closest("[data-shows]");
    if (eye) {
      const field = document.getElementById(eye.dataset.shows);
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      eye.setAttribute("aria-pressed", String(!shown));
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const field = document.getElementById(copy.dataset.copy);
      field.select();
      // Without https there is no clipboard to write to: the selected text is copied as by hand.
      if (navigator.clipboard) navigator.clipboard.writeText(field.value).then(() => toast(copy.dataset.copied), () => {});
      else if (document.execCommand("copy")) toast(copy.dataset.copied);
    }
    const clear = event.target.closest("[data-clears]");
    if (clear) {
      const field = document.getElementById(clear.dataset.clears);
      field.value = "";
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // Popovers stand beside their button at the desk; on the phone CSS makes them a sheet.
  document.addEventListener("toggle", (event) => {
    const pop = event.target;
    if (!(pop instanceof HTMLElement) || !pop.matches(".s-pop") || event.newState !== "open") return;
    const button = document.querySelector(`[popovertarget="${pop.id}"]`);
    if (!button || matchMedia("(max-width: 767px)").matches) return;
    const box = button.getBoundingClientRect();
    const left = Math.min(box.left, innerWidth - pop.offsetWidth - 16);
    const below = box.bottom + 6 + pop.offsetHeight < innerHeight;
    pop.style.setProperty("left", `${Math.max(16, left)}px`);
    pop.style.setProperty("top", `${below ? box.bottom + 6 : Math.max(16, box.top - pop.offsetHeight - 6)}px`);
  }, true);

  // Who stands in line asks again without pressing; without script the page shows itself anew.
  document.querySelectorAll("form[data-again]").forEach((form) => {
    setTimeout(() => form.requestSubmit(), Number(form.dataset.again) + Math.random() * 400);
  });

  // A double click on a button that changes something sends it once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 4000);
  });

  // Keys: only for those who left them on, never while typing.
  document.addEventListener("keydown", (event) => {
    const field = document.querySelector("[data-find]");
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      if (field) { event.preventDefault(); field.focus(); field.select(); }
      return;
    }
    if (!("shortcuts" in document.body.dataset) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (event.key === "/" && field) { event.preventDefault(); field.focus(); }
  });
  // Enter in the search box opens the first result.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("[data-find]")) return;
    const first = document.querySelector("#results [data-first]");
    if (first && event.target.dataset.asked === event.target.value.trim()) { event.preventDefault(); first.click(); }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const field = event.detail.elt.querySelector?.("[data-find]") || (event.detail.elt.matches?.("[data-find]") && event.detail.elt);
    if (field) field.dataset.asked = field.value.trim();
  });

  // A page that asks by itself (news, progress) says so: nobody sits there because of it.
  document.body.addEventListener("htmx:configRequest", (event) => {
    const by = event.detail.triggeringEvent;
    if (!by || by.type.startsWith("stale-")) event.detail.headers["X-By-Itself"] = "1";
  });

  // News never take away what somebody is writing: typed text and its place come back after the swap, and a block
  // in which something is open (data-calm) waits for the next news.
  const isNews = (detail) => detail.requestConfig?.triggeringEvent?.type?.startsWith("stale-");
  const changed = (field) => {
    if (field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.defaultSelected);
    return !["radio", "checkbox"].includes(field.type) && field.value !== field.defaultValue;
  };
  const newsOf = (detail) => detail.requestConfig.triggeringEvent.type;
  // What a person asked for goes before news: an answer on its way is not swapped under its feet.
  let busy = 0;
  document.body.addEventListener("htmx:beforeSend", (event) => { if (!isNews(event.detail)) busy += 1; });
  const missed = new Set();
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (isNews(event.detail)) return;
    busy = Math.max(0, busy - 1);
    if (busy) return;
    missed.forEach((news) => setTimeout(() => htmx.trigger(document.body, news), 300));
    missed.clear();
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => { if (isNews(event.detail) && busy) { missed.add(newsOf(event.detail)); event.detail.shouldSwap = false; } });
  let typed = [];
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    const block = event.detail.elt;
    if (!isNews(event.detail)) return;
    if (busy) { missed.add(newsOf(event.detail)); event.preventDefault(); return; }
    // A page with forms waits only while one is open or holds something typed; its long texts are kept anyway.
    if (block.matches("[data-forms]") && ([...block.querySelectorAll("input:not([type=hidden]), select")].some(changed)
      || block.querySelector("details[open], #s-form form"))) { event.preventDefault(); return; }
    if (!block.matches("[data-calm]")) return;
    if (block.querySelector("details[open], [role=status]") || block.contains(document.activeElement)) event.preventDefault();
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!isNews(event.detail)) return;
    typed = [...event.detail.target.querySelectorAll("textarea[id]")].map((field) => ({
      id: field.id, value: field.value, from: field.selectionStart, to: field.selectionEnd,
      here: field === document.activeElement,
    }));
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    typed.forEach((one) => {
      const field = document.getElementById(one.id);
      if (!field || !one.value) return;
      field.value = one.value;
      if (one.here) { field.focus(); field.setSelectionRange(one.from, one.to); }
    });
    typed = [];
    scrollTalks();
  });
  // A conversation opens at its last words.
  const scrollTalks = () => document.querySelectorAll(".s-talklines").forEach((list) => { list.scrollTop = list.scrollHeight; });
  scrollTalks();

  // Live: the socket says that something changed; the page offers to show it.
  // A page that watches nothing of its own still hears what its reader is told.
  const room = document.querySelector("[data-live]") || document.getElementById("s-bell")?.closest("header");
  if (room) {
    let pause = 1000;
    const dot = document.querySelector(".s-live");
    const say = (on) => { if (dot) { dot.classList.toggle("off", !on); dot.textContent = on ? dot.dataset.on : dot.dataset.off; } };
    const open = () => {
      const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live/`);
      socket.addEventListener("open", () => { pause = 1000; socket.send(JSON.stringify({ watch: room.dataset.live || "@me" })); });
      // Where it is kept who is there, the page gives a sign of life, and at once when somebody begins to write.
      let told = "", wrote = -1e9, beat = null, turn = null;
      const live = () => {
        told = performance.now() - wrote < 15000 ? "writing" : "looking";
        if (socket.readyState === 1) socket.send(JSON.stringify({ here: told }));
      };
      const writes = (event) => {
        if (event.target.id !== room.dataset.here) return;
        wrote = performance.now();
        if (told !== "writing" && !turn) turn = setTimeout(() => { turn = null; live(); }, 1100);
      };
      socket.addEventListener("message", (event) => {
        const news = JSON.parse(event.data);
        if (news.watching && room.dataset.here && !beat) {
          live();
          beat = setInterval(live, 10000);
          document.addEventListener("input", writes);
        }
        if (news.watching) { say(true); room.dataset.watching = "1"; return; }
        // Pages do not all ask in the same instant.
        if (news.panel) setTimeout(() => htmx.trigger(document.body, `stale-${news.panel}`), Math.random() * 400);
      });
      socket.addEventListener("close", (event) => {
        say(false);
        clearInterval(beat);
        clearTimeout(turn);
        document.removeEventListener("input", writes);
        if (event.code === 4401 || event.code === 4404) return;
        setTimeout(open, pause + Math.random() * 500);
        pause = Math.min(pause * 2, 30000);
      });
    };
    open();
  }
})();
