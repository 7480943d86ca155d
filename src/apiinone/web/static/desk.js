// Usage and credits with the reader's own key, read from the API by the browser itself.
(() => {
  const place = document.querySelector("[data-desk]");
  if (!place) return;
  const find = (name) => place.querySelector(`[data-desk-${name}]`);
  const key = find("key"), error = find("error"), result = find("result");
  const words = window.said(place), amount = window.grouped;
  const element = (name, facts = {}, ...inside) => { const made = Object.assign(document.createElement(name), facts); made.append(...inside); return made; };

  async function get(path) {
    const answer = await fetch(path, { headers: { "Authorization": `Bearer ${key.value.trim()}` } });
    const body = await answer.json();
    if (!answer.ok) throw body.error;
    return body;
  }

  function table(name, heads, rows) {
    if (!rows.length) return element("p", { className: "empty", textContent: words.nothing });
    const head = element("tr", { role: "row" }, ...heads.map((text) => element("th", { scope: "col", role: "columnheader", textContent: text })));
    const body = rows.map((row) => element("tr", { role: "row" }, ...row.map((cell, at) => {
      const made = element("td", { className: "number", role: "cell" }, ...(cell === "" ? [] : [cell]));
      made.dataset.label = heads[at];
      return made;
    })));
    const box = element("div", { className: "scrolls", tabIndex: 0 }, element("table", { className: "stacks", role: "table" },
      element("thead", { role: "rowgroup" }, head), element("tbody", { role: "rowgroup" }, ...body)));
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", name);
    return box;
  }

  // Moments as the console writes them.
  const when = (text) => (text ? element("time", { dateTime: text, textContent: text.slice(0, 19).replace("T", " ") }) : "");
  const change = (credits) => (credits ? `${credits > 0 ? "+" : ""}${amount(credits)}` : "");
  const named = (names, code) => names[code] ?? code;
  const task = (id) => (id ? element("code", { textContent: id }) : "");
  const what = (entry) => element("span", {}, named(words.entries, entry.kind),
    ...(entry.reason ? [element("br"), element("span", { className: "quiet", textContent: named(words.kinds, entry.reason) })] : []));
  const utc = () => element("p", { className: "quiet", textContent: words.in_utc });
  const mode = (name) => element("p", { className: `mode-${name}`, textContent: words[name] });

  const desks = {
    async usage() {
      const me = (await get("/api/v1/me")).data;
      const used = (await get("/api/v1/usage")).data;
      const tasks = await get("/api/v1/tasks?limit=50");
      return [mode(me.mode), element("h2", { textContent: words.by_day }),
        table(words.usage, words.usage_heads, used.rows.map((one) => [one.day, one.model, one.key_id, one.tasks_succeeded, one.tasks_not_charged, amount(one.credits)])),
        element("h2", { textContent: words.latest }),
        table(words.tasks, words.task_heads, tasks.data.map((one) => [task(one.task_id), one.model, words.statuses[one.status], amount(one.consumed_credits), when(one.created_at), when(one.finished_at)])), utc()];
    },
    async credits() {
      const found = (await get("/api/v1/credits")).data;
      const entries = await get("/api/v1/credits/entries?limit=50");
      const tiles = element("dl", { className: "tiles" }, ...[[words.available, found.available], [words.held, found.held]].map(([name, value]) => element("div", {}, element("dt", { textContent: name }), element("dd", {}, element("span", { className: "number", textContent: amount(value) })))));
      return [mode(found.mode), tiles, element("h2", { textContent: words.lots }),
        table(words.lots, words.lot_heads, found.lots.map((one) => [when(one.created_at), named(words.kinds, one.source), amount(one.granted), amount(one.available), amount(one.held), when(one.expires_at) || words.never])),
        element("h2", { textContent: words.ledger }),
        table(words.ledger, words.entry_heads, entries.data.map((one) => [one.entry_no, when(one.created_at), what(one), change(one.available_change), change(one.held_change), task(one.task_id)])), utc()];
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
