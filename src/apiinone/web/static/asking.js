// Beside htmx: what a page that asks for parts of itself owes its reader.
(() => {
  const { drawnFor, words } = document.currentScript.dataset;
  const said = JSON.parse(words);
  const on = (names, act) => { for (const name of names) document.addEventListener(`htmx:${name}`, act); };
  const byItself = (detail) => !detail.requestConfig.triggeringEvent;
  let fault = null, held = "", last = "";

  // htmx notes the address in the tab's storage: those of accounts are not for keeping.
  function forget() { try { sessionStorage.removeItem("htmx-current-path-for-history"); } catch { /* storage may be off */ } }
  forget();
  on(["pushedIntoHistory", "replacedInHistory"], forget);

  on(["configRequest"], ({ detail }) => {
    detail.headers["X-Drawn-For"] = drawnFor;
    if (detail.verb === "get") for (const [name, value] of [...detail.formData]) if (!value) detail.formData.delete(name);
  });

  // A page that nobody looks at asks for nothing.
  on(["beforeRequest"], (event) => { if (document.hidden && byItself(event.detail)) event.preventDefault(); });

  on(["beforeSwap"], (event) => {
    const { detail } = event, text = detail.xhr.response;
    if (!detail.shouldSwap) return;
    if (byItself(detail) && text === last) detail.shouldSwap = false;
    last = text;
    if (!text.includes(`id="${detail.target.id}"`)) { event.preventDefault(); location.reload(); return; }
    held = detail.target.contains(document.activeElement) ? detail.target.id : "";
  });

  // Whoever was in a part stays there, also where what they were at has gone.
  on(["afterSettle"], () => {
    if (held && document.activeElement === document.body) document.getElementById(held)?.focus();
    held = "";
  });

  on(["responseError", "sendError", "timeout"], ({ detail }) => {
    const text = detail.xhr.status ? said.refused : said.away;
    if (fault?.isConnected && fault.textContent === text) return;
    fault ??= Object.assign(document.createElement("p"), { className: "notice", role: "alert" });
    fault.textContent = text;
    detail.target.before(fault);
  });
  on(["afterRequest"], ({ detail }) => { if (detail.successful) fault?.remove(); });
})();
