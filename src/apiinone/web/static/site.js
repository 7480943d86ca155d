// What every page does: theme, copying, language tabs.
const storage = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, value); } catch { /* storage may be off */ } },
};

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

document.querySelector("[data-theme-switch]")?.addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = theme;
  storage.set("theme", theme);
});

// What scripts say stands in the page, in its language; `{name}` is a blank.
const said = (place) => JSON.parse(place.dataset.words);
const filled = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
// Amounts are written alike on every page, in every language.
const grouped = (amount) => amount.toLocaleString("en", { maximumFractionDigits: 6 });
const words = said(document.body);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.parentElement.querySelector("code").textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = words.copied;
  } catch {
    button.textContent = words.select;
  }
  setTimeout(() => { button.textContent = words.copy; }, 2000);
});

function chooseLanguage(language, within = document) {
  for (const box of within.querySelectorAll("[data-tabs]")) {
    const tabs = [...box.querySelectorAll("[data-language]")];
    const chosen = tabs.some((tab) => tab.dataset.language === language) ? language : tabs[0]?.dataset.language;
    for (const tab of tabs) {
      const on = tab.dataset.language === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
    for (const panel of box.querySelectorAll("[data-sample]")) panel.hidden = panel.dataset.sample !== chosen;
  }
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest("[data-language]");
  if (!tab) return;
  storage.set("language", tab.dataset.language);
  chooseLanguage(tab.dataset.language);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-language]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.parentElement.querySelectorAll("[data-language]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  next.click();
  next.focus();
});

// Escape closes what unfolded around it, or else the visitor's menu, and leaves the reader at what opened it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details[open]") ?? document.querySelector(".who[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Who follows a link to something that is folded wants to read it.
function unfold() {
  const named = document.getElementById(location.hash.slice(1));
  if (named?.matches("details")) named.open = true;
}
addEventListener("hashchange", unfold);
unfold();

chooseLanguage(storage.get("language") ?? "curl");

// In another language, a page shows what it shows now: filters and the playground's request stand in its address alone.
document.addEventListener("click", (event) => {
  const link = event.target.closest("footer a[hreflang]");
  if (!link) return;
  const query = new URLSearchParams(location.search);
  query.set("lang", link.hreflang);
  link.href = `?${query}${location.hash}`;
});

// Why something was refused, as nodes: what kind of refusal in the page's language, then the API's own sentence.
function told(words, problem) {
  const kind = words.errors?.[problem.type], sentence = problem.message ?? String(problem);
  return kind ? [`${kind} `, Object.assign(document.createElement("span"), { lang: "en", textContent: sentence })] : [sentence];
}

window.told = told;
window.said = said;
window.filled = filled;
window.grouped = grouped;
window.chooseLanguage = chooseLanguage;
window.storedLanguage = () => storage.get("language") ?? "curl";
