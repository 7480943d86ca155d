// The console's pages: what is under way is looked at again until it has ended.
(() => {
  const AGAIN_MS = 1500;
  const GIVE_UP_AFTER_MS = 30 * 60 * 1000;
  const began = Date.now();

  async function again() {
    const here = document.querySelector("[data-live]");
    if (!here || Date.now() - began > GIVE_UP_AFTER_MS) return;
    if (!document.hidden && !here.contains(document.activeElement)) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
        if (!answer.ok) return;
        const found = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(here.id);
        if (!found) return;
        here.replaceWith(document.adoptNode(found));
      } catch { /* the network is away: the next look may find it */ }
    }
    setTimeout(again, AGAIN_MS);
  }

  setTimeout(again, AGAIN_MS);
})();
