/* An online guide on a page of the brand's own site: a few questions, goods with reasons, a coupon, a person.
   <script src="…/guide.js" data-guide="weekend" defer></script>; it stands where the line stands, or in data-into. */
(() => {
  const tag = document.currentScript, house = new URL(tag.src).origin;
  const spoken = (tag.dataset.lang || document.documentElement.lang || "zh-hans").toLowerCase();
  const language = spoken.startsWith("en") ? "en" : /hant|tw|hk|mo/.test(spoken) && !/hans/.test(spoken) ? "zh-hant" : "zh-hans";
  const host = document.createElement("div"), root = host.attachShadow({ mode: "open" }), look = new CSSStyleSheet();
  look.replaceSync(`:host{display:block}*{box-sizing:border-box;font:15px/1.55 system-ui,"Noto Sans SC",sans-serif;color:#1c2321}
    section{background:#fff;border:1px solid #e6e1d7;border-radius:16px;padding:16px;display:grid;gap:12px}h2{font-size:18px;font-weight:600;margin:0;outline:none}
    p,ul{margin:0;padding:0;list-style:none}.soft{color:#4e5653;font-size:13px}ul{display:grid;gap:8px}b{font-weight:600;overflow-wrap:anywhere}
    button,a.do{display:block;width:100%;min-height:48px;border:1px solid #8b8678;border-radius:12px;background:#fff;padding:10px 16px;text-align:left;cursor:pointer;text-decoration:none;overflow-wrap:anywhere}
    button.main{background:#0f6a60;border-color:#0f6a60;color:#fff;text-align:center;font-weight:600}button:focus-visible,a:focus-visible{outline:3px solid #0f6a60;outline-offset:2px}
    button[aria-expanded=true]{background:#e2f0ec}li>.why{padding:6px 16px}.coupon{border:1px dashed #8b8678;border-radius:12px;padding:12px 16px;display:grid;gap:6px}.code{font-weight:600;font-size:20px;letter-spacing:1px}
    .bad{color:#b3261e}[hidden]{display:none}`);
  root.adoptedStyleSheets = [look];
  let token = null, say = {}, site = "", busy = false, hello = null;

  const make = (name, text = "", kind = "") => {
    const one = document.createElement(name);
    if (text) one.textContent = text;
    if (kind) one.className = kind;
    return one;
  };
  const post = async (path, body, chat) => {
    const answer = await fetch(`${house}/c/guide/${path}/`, {
      method: "POST", credentials: "omit", keepalive: true, body: JSON.stringify(body),
      headers: { "content-type": "application/json", ...(chat ? { "x-chat-token": chat } : {}) },
    });
    if (!answer.ok && answer.status !== 422) throw new Error(answer.status);
    return answer.json();
  };
  // One thing at a time: a second tap while the first is on its way does nothing.
  const once = (deed) => async () => {
    if (busy) return;
    busy = true;
    trouble("");
    try { await deed(); } catch { trouble(say.again || "…"); } finally { busy = false; }
  };
  const note = make("p", "", "bad");
  note.setAttribute("role", "alert");
  const trouble = (text) => { note.textContent = text; note.hidden = !text; };
  const page = (title, ...parts) => {
    const box = make("section"), head = make("h2", title);
    head.tabIndex = -1;
    box.append(head, ...parts.filter(Boolean), note);
    const had = root.querySelector("section");
    root.replaceChildren(...(hello ? [hello] : []), box);
    if (had) head.focus();
  };

  const ask = (state) => {
    const list = make("ul");
    state.answers.forEach((one) => {
      const row = make("li"), tap = make("button", one.words);
      tap.addEventListener("click", once(async () => {
        const next = await post("answer", { token, question: state.code, value: one.value });
        if (next.why) trouble(next.why); else show(next);
      }));
      row.append(tap);
      list.append(row);
    });
    page(state.words, make("p", `${state.number} / ${state.of}`, "soft"), list);
  };
  // The first reason stands there; the others, and that somebody looked, come with a tap.
  const piece = (one) => {
    const row = make("li"), tap = make(one.link ? "a" : "button", "", "do"), more = make("p", one.reasons.slice(1).join(" · "), "soft why");
    tap.append(make("b", one.name), make("span", one.price ? ` ${one.price}` : ""));
    if (one.reasons.length) tap.append(make("p", one.reasons[0], "soft"));
    const seen = () => post("open", { token, piece: one.code }).catch(() => null);
    row.append(tap);
    if (one.link) {
      Object.assign(tap, { href: one.link, target: "_blank", rel: "noopener noreferrer" });
      tap.addEventListener("click", seen);
      if (more.textContent) row.append(more);
      return row;
    }
    more.hidden = true;
    tap.setAttribute("aria-expanded", "false");
    tap.addEventListener("click", () => {
      more.hidden = !more.textContent || !more.hidden;
      tap.setAttribute("aria-expanded", String(tap.getAttribute("aria-expanded") === "false"));
      seen();
    });
    row.append(more);
    return row;
  };
  const coupon = (one) => {
    const box = make("div", "", "coupon");
    const given = (now) => {
      box.replaceChildren(make("b", `${now.value} ${now.name}`), make("p", now.terms.join(" "), "soft"));
      if (now.code) box.append(make("p", say.code, "soft"), make("p", now.code, "code"));
      else {
        const take = make("button", say.take);
        take.addEventListener("click", once(async () => {
          const got = await post("coupon", { token }, window.scrm && window.scrm.talking);
          if (got.why) trouble(got.why); else given(got);
        }));
        box.append(take);
      }
    };
    given(one);
    return box;
  };
  const show = (state) => {
    if (state.step === "question") { ask(state); return; }
    const list = make("ul"), talk = make("button", say.talk, "main");
    state.goods.forEach((one) => list.append(piece(one)));
    talk.addEventListener("click", once(async () => {
      const chat = await (await person()).chat();
      const told = await post("talk", { token }, chat);
      if (told.why) trouble(told.why); else await window.scrm.show();
    }));
    page(state.goods.length ? say.goods : say.nothing, state.goods.length && list, state.coupon && coupon(state.coupon), talk);
  };
  // The chat is the site's own; where a page has not brought it, it comes with the first wish to talk.
  const person = () => window.scrm ? Promise.resolve(window.scrm) : new Promise((come, fail) => {
    const line = document.createElement("script");
    Object.assign(line, { src: new URL("site.js", tag.src).href, onload: () => come(window.scrm), onerror: fail });
    Object.assign(line.dataset, { site, chat: "off", lang: language });
    document.head.append(line);
  });

  const begin = async () => {
    const state = await post("start", { guide: tag.dataset.guide, language }, window.scrm && window.scrm.talking);
    ({ token, say, site } = state);
    if (!tag.dataset.plain && say.hello) hello = make("p", say.hello);
    show(state);
  };
  const into = tag.dataset.into && document.getElementById(tag.dataset.into);
  if (into) into.append(host); else tag.after(host);
  begin().catch(() => host.remove());
})();
