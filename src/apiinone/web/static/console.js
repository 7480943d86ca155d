// The console: a model's form, the price of exactly this request, the request in four languages, and its run.
(() => {
  const QUOTE_AFTER_MS = 500;
  const WAIT_S = 20;
  const SERVER_ERROR = 500;
  const place = document.querySelector("[data-console]");
  if (!place) return;
  const find = (name) => place.querySelector(`[data-console-${name}]`);
  const models = find("models"), key = find("key"), account = find("account"), fields = find("fields");
  const form = find("form"), error = find("error"), run = find("run"), quote = find("quote"), preview = find("preview"), result = find("result");
  const keys = find("keys"), chosen = find("chosen"), pasted = find("pasted");
  const words = window.said(place), filled = window.filled;
  const credits = (count) => filled(words.credits, { credits: window.grouped(count) });
  let form_ = null, entry = null, asked = 0, loads = 0, looks = 0, running = false, own = null;

  const element = (name, facts = {}, ...inside) => { const made = Object.assign(document.createElement(name), facts); made.append(...inside); return made; };
  // Who is signed in uses a key of the account by its id; the key itself never comes into the page.
  const headers = () => ({ ...(own ? { "X-CSRF-Token": own.csrf } : { "Authorization": `Bearer ${key.value.trim()}` }), "Content-Type": "application/json" });
  const api = (path) => (own ? `/console/with/${keys.value}${path}` : path);
  const hasKey = () => Boolean(own ? keys.value : key.value.trim());

  const refusal = (answer, body) => ({ message: `HTTP ${answer.status}`, ...body.error, status: answer.status });

  async function get(path, options = {}) {
    const answer = await fetch(path, options);
    const body = await answer.json();
    if (!answer.ok) throw refusal(answer, body);
    return body;
  }

  function say(problem) {
    const why = problem ? window.told(words, problem) : [];
    const shown = problem && form_?.wrong(problem.param ?? null, ...why);
    error.hidden = !problem || shown;
    if (!shown) error.replaceChildren(...why);
    if (!problem) form_?.wrong(null);
  }

  const lines = (body) => JSON.stringify(body, null, 2);
  const python = (value, depth = 0) => {
    const pad = "    ".repeat(depth + 1);
    if (value === true) return "True";
    if (value === false) return "False";
    if (value === null) return "None";
    if (Array.isArray(value)) return `[${value.map((one) => python(one, depth)).join(", ")}]`;
    if (typeof value === "object") return `{\n${Object.entries(value).map(([name, one]) => `${pad}${JSON.stringify(name)}: ${python(one, depth + 1)},\n`).join("")}${"    ".repeat(depth)}}`;
    return JSON.stringify(value);
  };

  function samples(body) {
    const url = `${location.origin}${entry.path}`;
    const raw = lines(body).split("`").map((part) => `\`${part}\``).join(' + "`" + ');
    return [
      ["curl", "curl", `curl ${url} \\\n  -H "Authorization: Bearer $KEY" \\\n  -H "Content-Type: application/json" \\\n  -d '${lines(body).replaceAll("'", "'\\''")}'`],
      ["python", "Python", `import requests\n\nanswer = requests.post(\n    "${url}",\n    headers={"Authorization": f"Bearer {KEY}"},\n    json=${python(body, 1)},\n    timeout=60,\n)\nprint(answer.json())`],
      ["javascript", "JavaScript", `const answer = await fetch("${url}", {\n  method: "POST",\n  headers: { "Authorization": \`Bearer \${KEY}\`, "Content-Type": "application/json" },\n  body: JSON.stringify(${lines(body)}),\n});\nconsole.log(await answer.json());`],
      ["go", "Go", `request, _ := http.NewRequest("POST", "${url}", strings.NewReader(${raw}))\nrequest.Header.Set("Authorization", "Bearer "+key)\nrequest.Header.Set("Content-Type", "application/json")\nanswer, err := http.DefaultClient.Do(request)`],
    ];
  }

  const short = (body) => JSON.parse(JSON.stringify(body, (_, value) => (typeof value === "string" && value.startsWith("data:") && value.length > 80 ? `${value.slice(0, 60)}…` : value)));

  function show(body) {
    const tabs = element("div", { className: "tabs" });
    tabs.setAttribute("role", "tablist");
    tabs.setAttribute("aria-label", words.language);
    const box = element("div", { className: "samples" }, tabs);
    box.dataset.tabs = "";
    for (const [name, language, text] of samples(short(body))) {
      const tab = element("button", { type: "button", textContent: language, id: `preview-tab-${name}` });
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", `preview-${name}`);
      tab.dataset.language = name;
      tabs.append(tab);
      const copy = element("button", { type: "button", className: "copy", textContent: words.copy });
      copy.dataset.copy = "";
      const code = element("pre", { tabIndex: 0 }, element("code", { textContent: text }));
      code.setAttribute("aria-label", language);
      const panel = element("div", { id: `preview-${name}` }, element("div", { className: "code" }, copy, code));
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", `preview-tab-${name}`);
      panel.dataset.sample = name;
      box.append(panel);
    }
    preview.replaceChildren(box);
    window.chooseLanguage(window.storedLanguage(), preview);
  }

  let timer = 0;
  // A price is of one request: with any change it goes at once, and so does an answer that is still on its way.
  function unpriced() {
    clearTimeout(timer);
    asked += 1;
    quote.textContent = "";
  }

  function changed() {
    unpriced();
    if (!form_) return;
    const body = form_.body();
    show(body);
    say(null);
    timer = setTimeout(() => price(body), QUOTE_AFTER_MS);
  }

  async function price(body) {
    unpriced();
    const mine = asked;
    if (!hasKey()) return;
    try {
      const found = await get(api("/api/v1/quotes"), { method: "POST", headers: headers(), body: JSON.stringify({ ...body, stream: undefined }) });
      if (mine === asked) quote.textContent = credits(found.data.credits);
    } catch (problem) {
      if (mine === asked && problem.param) say(problem);
    }
  }

  async function who() {
    const mine = ++looks;
    if (!own) sessionStorage.setItem("key", key.value.trim());
    if (!hasKey()) { account.textContent = words.key_stays; return; }
    try {
      const me = (await get(api("/api/v1/me"), { headers: headers() })).data;
      const balance = (await get(api("/api/v1/credits"), { headers: headers() })).data;
      if (mine !== looks) return;
      account.replaceChildren(element("span", { className: `mode-${me.mode}`, textContent: words[`${me.mode}_key`] }), " ", filled(words.available, { available: window.grouped(balance.available) }));
      if (own) account.append(" ", element("a", { href: "/console/keys", textContent: words.keys }), " · ", element("a", { href: "/usage", textContent: words.all_runs }));
      if (form_) price(form_.body());
    } catch (problem) {
      if (mine === looks) account.replaceChildren(...window.told(words, problem));
    }
  }

  function output(one) {
    const kind = one.content_type.split("/")[0];
    const made = kind === "video" ? element("video", { src: one.url, controls: true, loop: true })
      : kind === "audio" ? element("audio", { src: one.url, controls: true })
      : element("img", { src: one.url, alt: words.made });
    const facts = [one.content_type, one.width && `${one.width} × ${one.height}`, one.duration_s && `${one.duration_s} s`, `${Math.ceil(one.bytes / 1024)} KiB`].filter(Boolean).join(" · ");
    return element("figure", {}, made, element("figcaption", { className: "quiet" }, element("a", { href: one.url, textContent: words.open }), ` ${facts}`));
  }

  const waiting = (stage) => { const bar = element("div", { className: "progress" }, element("i")); return [element("h3", { textContent: words.result }), element("p", { textContent: stage }), bar]; };

  async function receipt(id) {
    const told = (await get(api(`/api/v1/tasks/${id}/receipt`), { headers: headers() })).data;
    const box = element("details", {}, element("summary", { textContent: words.receipt }), element("pre", { tabIndex: 0 }, element("code", { textContent: JSON.stringify(told, null, 2) })));
    return box;
  }

  async function follow(task) {
    const began = Date.now();
    while (task.status === "IN_PROGRESS") {
      result.replaceChildren(...waiting(`${words.stages[task.stage ?? "queued"]}, ${Math.round((Date.now() - began) / 1000)} s`));
      task = (await get(api(`/api/v1/tasks/${task.task_id}?wait=${WAIT_S}`), { headers: headers() })).data;
    }
    const cost = `${words.statuses[task.status]}, ${credits(task.consumed_credits)}, ${((Date.now() - began) / 1000).toFixed(1)} s`;
    const name = element("code", { textContent: task.task_id });
    const link = own ? element("a", { href: `/console/tasks/${task.task_id}` }, name) : name;
    result.replaceChildren(element("h3", { textContent: words.result }), element("p", {}, `${cost} · `, link), ...task.outputs.map(output));
    if (task.error) result.append(element("p", { className: "error" }, ...window.told(words, task.error)));
    result.append(await receipt(task.task_id));
    remember(task.task_id);
  }

  async function chat(body, begins) {
    const text = element("p", {});
    result.replaceChildren(element("h3", { textContent: words.result }), text);
    const answer = await fetch(api(entry.path), { method: "POST", headers: headers(), body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }) });
    if (!answer.ok) throw refusal(answer, await answer.json());
    begins();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "", usage = null;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const data = part.replace(/^data: /, "");
        if (data === "[DONE]") continue;
        const chunk = JSON.parse(data);
        if (chunk.error) throw chunk.error;
        text.textContent += chunk.choices?.[0]?.delta?.content ?? "";
        usage = chunk.credits_consumed ?? usage;
      }
    }
    if (usage !== null) result.append(element("p", { className: "quiet", textContent: credits(usage) }));
  }

  function remember(id) {
    const before = JSON.parse(sessionStorage.getItem("runs") ?? "[]");
    sessionStorage.setItem("runs", JSON.stringify([id, ...before.filter((one) => one !== id)].slice(0, 20)));
    const list = element("ul", {}, ...JSON.parse(sessionStorage.getItem("runs")).map((one) => {
      const again = element("button", { type: "button", className: "button plain", textContent: one });
      again.addEventListener("click", async () => follow((await get(api(`/api/v1/tasks/${one}`), { headers: headers() })).data));
      return element("li", {}, again);
    }));
    result.append(element("details", {}, element("summary", { textContent: words.earlier }), list));
  }

  const mayRun = () => { run.disabled = running || !form_; };

  // What was refused made nothing. Where no answer came, or the server's own fault did, only the usage page knows.
  function outcome(problem, begun) {
    if (begun) return words.not_followed;
    return problem.status < SERVER_ERROR ? words.nothing_made : words.not_answered;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (running || !form_) return;
    say(null);
    if (!hasKey()) { say({ message: words.key_needed }); key.focus(); return; }
    let begun = false;
    running = true;
    mayRun();
    try {
      const body = form_.body();
      if (entry.endpoint === "chat") { await chat(body, () => { begun = true; }); return; }
      result.replaceChildren(...waiting(words.sending));
      const made = await get(api(entry.path), { method: "POST", headers: { ...headers(), "Idempotency-Key": crypto.randomUUID?.() ?? String(Math.random()) }, body: JSON.stringify(body) });
      begun = true;
      await follow(made.data);
    } catch (problem) {
      result.replaceChildren(element("h3", { textContent: words.result }), element("p", { className: "quiet", textContent: outcome(problem, begun) }));
      say(problem);
    } finally {
      running = false;
      mayRun();
      if (hasKey()) who();
    }
  });

  find("share").addEventListener("click", async (event) => {
    if (!form_) return;
    const text = btoa(unescape(encodeURIComponent(JSON.stringify(short(form_.body())))));
    const url = `${location.origin}/playground#${encodeURIComponent(text)}`;
    try { await navigator.clipboard.writeText(url); event.target.textContent = words.copied; } catch { location.hash = encodeURIComponent(text); }
    setTimeout(() => { event.target.textContent = words.copy_link; }, 2000);
  });

  async function load(name, given) {
    const mine = ++loads;
    form_ = null;
    unpriced();
    mayRun();
    fields.replaceChildren(element("p", { className: "quiet", textContent: words.loading }));
    const found = (await get(`/api/v1/models/${encodeURI(name)}`)).data;
    const schema = await get(found.schema_path);
    if (mine !== loads) return; // another model was chosen meanwhile
    entry = found;
    form_ = window.formOf(schema, given ?? entry.example, fields, words);
    models.value = entry.id;
    mayRun();
    changed();
  }

  async function signedIn() {
    if (place.dataset.signedIn === undefined) return;
    const answer = await fetch("/console/play", { redirect: "manual" });
    if (!answer.ok) return;
    const told = await answer.json();
    if (!told.may_run) return;
    if (!told.keys.length) {
      account.replaceChildren(filled(words[`no_${told.mode}_key`], told), " ", element("a", { href: "/console/keys/new", textContent: words.make_one }), ", ", words.or_above);
      return;
    }
    own = told;
    for (const one of told.keys) keys.append(element("option", { value: one.id, textContent: `${one.name || one.id.slice(-6)} (${words[one.mode]})` }));
    pasted.hidden = true;
    chosen.hidden = false;
  }

  async function begin() {
    key.value ||= sessionStorage.getItem("key") ?? ""; // before anything is waited for: a key may be pasted meanwhile
    await signedIn();
    const all = (await get("/api/v1/models")).data;
    const own = all.find((one) => one.id === place.dataset.model);
    const shown = own ? all.filter((one) => one.endpoint === own.endpoint) : all;
    for (const one of shown) models.append(element("option", { value: one.id, textContent: one.availability === "live" ? one.title : filled(words.test_only, { model: one.title }) }));
    let given = null;
    try { given = location.hash.length > 20 && !own ? JSON.parse(decodeURIComponent(escape(atob(decodeURIComponent(location.hash.slice(1)))))) : null; } catch { given = null; }
    const wanted = new URLSearchParams(location.search).get("model");
    await load(given?.model ?? place.dataset.model ?? "" ? given?.model ?? place.dataset.model : wanted ?? shown[0].id, given);
    if (hasKey()) who();
  }

  models.addEventListener("change", () => load(models.value).catch(say));
  form.addEventListener("input", changed);
  key.addEventListener("input", () => { looks += 1; unpriced(); account.textContent = words.key_stays; });
  key.addEventListener("paste", () => setTimeout(who)); // once the field holds what is pasted
  key.addEventListener("change", who);
  keys.addEventListener("change", () => { unpriced(); who(); });
  begin().catch((problem) => { fields.replaceChildren(element("p", { className: "error" }, ...window.told(words, problem))); });
})();
