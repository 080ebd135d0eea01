/* For pages of the brand's own site: what was looked at by who allowed it, and a chat. No cookie, no dependency.
   <script src="…/site.js" data-site="web" defer></script>; then scrm.consent(true) when the visitor agrees. */
(() => {
  const tag = document.currentScript;
  const house = new URL(tag.src).origin, site = tag.dataset.site, lang = tag.dataset.lang || document.documentElement.lang || "zh-Hans";
  const words = {
    "en": ["Write to us", "Send", "Your message", "Not sent yet. It is tried again.", "Hello, how can we help?", "Send a file"],
    "zh-Hant": ["聯絡我們", "傳送", "您想說的話", "還沒傳出去，會再試。", "您好，有什麼可以幫您？", "傳送檔案"],
    "zh-Hans": ["联系我们", "发送", "您想说的话", "还没发出去，会再试。", "您好，有什么可以帮您？", "发送文件"],
  };
  const say = words[/^en/i.test(lang) ? "en" : /hant|tw|hk|mo/i.test(lang) && !/hans/i.test(lang) ? "zh-Hant" : "zh-Hans"];
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
  const post = (path, body, token) => fetch(house + path, {
    method: "POST", credentials: "omit", keepalive: true, body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...(token ? { "x-chat-token": token } : {}) },
  });
  const postFiles = (path, one, token) => {
    const form = new FormData();
    form.append("client_id", one.client_id);
    form.append("body", one.body);
    one.files.forEach((file) => form.append("files", file));
    return fetch(house + path, { method: "POST", credentials: "omit", body: form, headers: { "x-chat-token": token } });
  };

  // Looking: nothing is kept and nothing is sent before the visitor allowed it.
  const store = { get: (k) => { try { return localStorage.getItem(k); } catch { return null; } },
    set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* private window: this page only */ } },
    drop: (k) => { try { localStorage.removeItem(k); } catch { /* nothing there */ } } };
  let allowed = store.get("scrm-allowed") === "1", session = random(), last = Date.now();
  const visitor = () => { let id = store.get("scrm-visitor"); if (!id) { id = random(); store.set("scrm-visitor", id); } return id; };
  const looked = (what = {}) => {
    if (!allowed) return null;
    if (Date.now() - last > 1800000) session = random();
    last = Date.now();
    return post("/c/site/seen/", { site, consent: true, visitor: visitor(), session, kind: what.kind || "view",
      product: what.product || "", category: what.category || "" }).catch(() => null);
  };

  // Chat: what is written is kept by this page until it is acknowledged, and shown once, in order.
  let token = null, seq = 0, socket = null, poll = null, box = null, list = null, conversation = null;
  const unsent = [];
  const show = (line) => {
    if (line.seq <= seq) return;
    seq = line.seq;
    const row = document.createElement("p");
    row.className = line.from;
    row.textContent = line.body;
    (line.files || []).forEach((file) => {
      const get = document.createElement(file.id ? "button" : "em");
      get.className = "file";
      get.textContent = file.id ? file.name : `${file.name}: ${file.why}`;
      if (file.id) get.addEventListener("click", () => save(file).catch(() => null));
      row.append(get);
    });
    list.append(row);
    list.scrollTop = list.scrollHeight;
  };
  // The token goes in a header, never in an address: so the page fetches the file itself and saves it.
  const save = async (file) => {
    const answer = await fetch(`${house}/c/chat/files/${file.id}/`, { headers: { "x-chat-token": token }, credentials: "omit" });
    if (!answer.ok) return;
    const link = document.createElement("a"), url = URL.createObjectURL(await answer.blob());
    link.href = url;
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  const fetchLines = async () => {
    const answer = await fetch(`${house}/c/chat/messages/?after=${seq}`, { headers: { "x-chat-token": token }, credentials: "omit" });
    if (answer.ok) (await answer.json()).messages.forEach(show);
  };
  const listen = () => {
    socket = new WebSocket(`${house.replace(/^http/, "ws")}/ws/chat/`);
    socket.onopen = () => { socket.send(JSON.stringify({ token, after: seq })); clearInterval(poll); poll = null; };
    socket.onmessage = (event) => { const line = JSON.parse(event.data); if (line.seq) show(line); };
    socket.onclose = () => { poll = poll || setInterval(() => fetchLines().catch(() => null), 5000); setTimeout(listen, 5000 + Math.random() * 5000); };
  };
  const begin = async () => {
    if (token) return;
    const answer = await post("/c/chat/start/", { site });
    if (!answer.ok) throw new Error("closed");
    ({ token, conversation } = await answer.json());
    api.conversation = conversation;
  };
  const flush = async () => {
    while (unsent.length) {
      const one = unsent[0];
      try {
        await begin();
        const answer = await (one.files ? postFiles("/c/chat/send/", one, token) : post("/c/chat/send/", one, token));
        if (!answer.ok && ![400, 413].includes(answer.status)) throw new Error(answer.status);
        unsent.shift();
        box.note.hidden = true;
        if (!socket) listen();
        else if (socket.readyState === 1 && seq === 0) socket.send(JSON.stringify({ token, after: seq }));
        await fetchLines();
      } catch {
        box.note.hidden = false;
        setTimeout(flush, 4000);
        return;
      }
    }
  };
  const open = () => {
    if (box) { box.panel.hidden = !box.panel.hidden; if (!box.panel.hidden) box.field.focus(); return; }
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const look = new CSSStyleSheet();
    look.replaceSync(`:host{all:initial}*{box-sizing:border-box;font:15px/1.55 system-ui,"Noto Sans SC",sans-serif}
      button{min-height:48px;min-width:48px;border:0;border-radius:10px;padding:0 16px;background:#0f6a60;color:#fff;cursor:pointer}
      button:focus-visible,textarea:focus-visible{outline:3px solid #86dacd;outline-offset:2px}
      .open{position:fixed;right:16px;bottom:16px;z-index:2147483000}
      .panel{position:fixed;right:16px;bottom:76px;width:min(360px,calc(100vw - 32px));max-height:70vh;display:flex;flex-direction:column;
        background:#fff;color:#1c2321;border:1px solid #8b8678;border-radius:16px;z-index:2147483000;overflow:hidden}.panel[hidden]{display:none}
      .lines{overflow-y:auto;padding:12px;min-height:120px;flex:1}.lines p{margin:0 0 8px;padding:8px 12px;border-radius:12px;white-space:pre-wrap;overflow-wrap:anywhere;width:fit-content;max-width:90%;background:#e2f0ec}
      .lines p.you{margin-left:auto;background:#faf1f7}form{display:flex;gap:8px;padding:12px;border-top:1px solid #e6e1d7}
      textarea{flex:1;border:1px solid #8b8678;border-radius:10px;padding:8px;font-size:16px;resize:none}.note{padding:0 12px;color:#8a4b00}
      .pick{display:grid;place-items:center;min-width:48px;min-height:48px;border:1px solid #8b8678;border-radius:10px;cursor:pointer;position:relative}.pick input{position:absolute;inset:0;opacity:0;cursor:pointer;font-size:0}
      .pick:focus-within{outline:3px solid #86dacd;outline-offset:2px}.lines .file{display:block;min-height:32px;margin-top:4px;padding:4px 10px;background:#fff;color:#0a4f48;border:1px solid #8b8678;text-align:left;overflow-wrap:anywhere}`);
    root.adoptedStyleSheets = [look];
    const panel = document.createElement("section"), note = document.createElement("p"), form = document.createElement("form");
    list = document.createElement("div");
    panel.className = "panel"; panel.setAttribute("aria-label", say[0]); list.className = "lines"; list.setAttribute("aria-live", "polite"); list.tabIndex = 0;
    note.className = "note"; note.hidden = true; note.textContent = say[3];
    const hello = document.createElement("p"); hello.textContent = say[4]; list.append(hello);
    const field = document.createElement("textarea"); field.rows = 2; field.maxLength = 4000; field.setAttribute("aria-label", say[2]); field.placeholder = say[2];
    const send = document.createElement("button"); send.textContent = say[1];
    const pick = document.createElement("label"), picked = document.createElement("input");
    pick.className = "pick"; pick.textContent = "+"; picked.type = "file"; picked.multiple = true; picked.setAttribute("aria-label", say[5]);
    pick.append(picked);
    picked.addEventListener("change", () => {
      if (!picked.files.length) return;
      unsent.push({ client_id: random(), body: field.value.trim(), files: [...picked.files].slice(0, 5) });
      field.value = picked.value = "";
      if (unsent.length === 1) flush();
    });
    form.append(pick, field, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = field.value.trim();
      if (!body) return;
      unsent.push({ client_id: random(), body });
      field.value = "";
      if (unsent.length === 1) flush();
    });
    field.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); } });
    panel.append(list, note, form);
    const button = document.createElement("button"); button.className = "open"; button.textContent = say[0];
    button.addEventListener("click", open);
    root.append(panel, button);
    document.body.append(host);
    box = { panel, note, field };
    if (!tag.dataset.open) panel.hidden = true;
  };
  const api = window.scrm = {
    consent(yes) { allowed = yes === true; if (allowed) { store.set("scrm-allowed", "1"); looked(); } else { store.drop("scrm-allowed"); store.drop("scrm-visitor"); } },
    // For a guide on the same page: the chat's token, begun if need be, and the chat itself.
    get talking() { return token; },
    async chat() { await begin(); return token; },
    async show() { if (!box) open(); box.panel.hidden = false; box.field.focus(); if (!socket) listen(); await fetchLines(); },
    looked, get visitor() { return allowed ? visitor() : null; }, conversation,
  };
  if (allowed) looked({ product: tag.dataset.product, category: tag.dataset.category });
  if (tag.dataset.chat !== "off") { if (document.body) open(); else addEventListener("DOMContentLoaded", open); }
})();
