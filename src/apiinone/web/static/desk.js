// Usage and credits with the reader's own key, read from the API by the browser itself.
(() => {
  const place = document.querySelector("[data-desk]");
  if (!place) return;
  const find = (name) => place.querySelector(`[data-desk-${name}]`);
  const key = find("key"), error = find("error"), result = find("result");
  const words = window.said(place);
  const element = (name, facts = {}, ...inside) => { const made = Object.assign(document.createElement(name), facts); made.append(...inside); return made; };

  async function get(path) {
    const answer = await fetch(path, { headers: { "Authorization": `Bearer ${key.value.trim()}` } });
    const body = await answer.json();
    if (!answer.ok) throw body.error;
    return body;
  }

  function table(name, heads, rows) {
    if (!rows.length) return element("p", { className: "empty", textContent: words.nothing });
    const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", textContent: text })));
    const body = rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", { className: "number" }, cell instanceof Node ? cell : String(cell ?? "")))));
    const box = element("div", { className: "scrolls", tabIndex: 0 }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", name);
    return box;
  }

  const when = (text) => (text ? new Date(text).toLocaleString(document.documentElement.lang) : "");
  const mode = (name) => element("p", { className: `mode-${name}`, textContent: words[name] });

  const desks = {
    async usage() {
      const me = (await get("/api/v1/me")).data;
      const used = (await get("/api/v1/usage")).data;
      const tasks = await get("/api/v1/tasks?limit=50");
      return [mode(me.mode), element("h2", { textContent: words.by_day }),
        table(words.usage, words.usage_heads, used.rows.map((one) => [one.day, one.model, one.key_id, one.tasks_succeeded, one.tasks_not_charged, one.credits])),
        element("h2", { textContent: words.latest }),
        table(words.tasks, words.task_heads, tasks.data.map((one) => [element("code", { textContent: one.task_id }), one.model, words.statuses[one.status], one.consumed_credits, when(one.created_at), when(one.finished_at)]))];
    },
    async credits() {
      const found = (await get("/api/v1/credits")).data;
      const entries = await get("/api/v1/credits/entries?limit=50");
      const tiles = element("dl", { className: "tiles" }, ...[[words.available, found.available], [words.held, found.held]].map(([name, value]) => element("div", {}, element("dt", { textContent: name }), element("dd", {}, element("span", { className: "number", textContent: String(value) })))));
      return [mode(found.mode), tiles, element("h2", { textContent: words.lots }),
        table(words.lots, words.lot_heads, found.lots.map((one) => [element("code", { textContent: one.lot_id }), one.available, when(one.expires_at)])),
        element("h2", { textContent: words.ledger }),
        table(words.ledger, words.entry_heads, entries.data.map((one) => [one.entry_no, when(one.created_at), one.kind, one.credits, one.task_id ? element("code", { textContent: one.task_id }) : ""]))];
    },
  };

  async function show() {
    error.hidden = true;
    if (!key.value.trim()) return;
    sessionStorage.setItem("key", key.value.trim());
    try {
      result.replaceChildren(...await desks[place.dataset.desk]());
    } catch (problem) {
      error.hidden = false;
      error.replaceChildren(...window.told(words, problem));
    }
  }

  find("form").addEventListener("submit", (event) => { event.preventDefault(); show(); });
  key.value = sessionStorage.getItem("key") ?? "";
  if (key.value) show();
})();
