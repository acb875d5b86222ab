// The list of contents marks the section that is read; a link into something folded opens it; paper shows all.
(() => {
  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("main > section")];
  let current = null;

  function mark() {
    const line = innerHeight / 4, end = scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    const read = end ? sections.at(-1) : sections.findLast((one) => one.getBoundingClientRect().top <= line) ?? sections[0];
    if (read === current) return;
    links.get(current?.id)?.removeAttribute("aria-current");
    const link = links.get((current = read)?.id);
    link?.setAttribute("aria-current", "true");
    const list = link?.closest(".contents, ul");
    if (link && list.scrollWidth > list.clientWidth) list.scrollTo({ left: link.offsetLeft - list.clientWidth / 3 });
  }

  let waiting = false;
  addEventListener("scroll", () => {
    if (!waiting) requestAnimationFrame(() => { waiting = false; mark(); });
    waiting = true;
  }, { passive: true });
  addEventListener("resize", mark);
  mark();

  function unfold() {
    const aim = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = aim; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }
  addEventListener("hashchange", unfold);
  unfold();

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
})();
