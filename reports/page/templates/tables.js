// Tables: sorted by their headers, filtered by a text, cut where they are long.
(() => {
  const FOLDED = 12, FILTERED = 8;

  function compare(a, b) {
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y;
  }

  function sort(table, place) {
    const heads = [...table.tHead.rows[0].cells], head = heads[place], body = table.tBodies[0];
    const numbers = ["cell", "number"].some((kind) => head.classList.contains(kind));
    const before = head.getAttribute("aria-sort") ?? (numbers ? "ascending" : "descending");
    const down = before === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = (row) => row.cells[place].dataset.sort;
    const rows = [...body.rows].sort((a, b) => {
      if (key(a) === "" || key(b) === "") return (key(a) === "") - (key(b) === "");
      return down ? compare(key(b), key(a)) : compare(key(a), key(b));
    });
    body.append(...rows);
  }

  function prepare(part) {
    const table = part.querySelector("table"), rows = [...table.tBodies[0].rows];
    const folds = rows.length > FOLDED + 3;
    const filter = element("input", { type: "search" }), shown = element("span", { role: "status" });
    const more = element("button", { type: "button" });
    let open = !folds;

    function update() {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      let matched = 0;
      for (const row of table.tBodies[0].rows) {
        const text = row.textContent.toLowerCase(), matches = words.every((word) => text.includes(word));
        row.classList.toggle("unmatched", !matches);
        row.classList.toggle("beyond", matches && matched >= FOLDED);
        matched += matches;
      }
      part.classList.toggle("folded", !open);
      shown.textContent = words.length ? `${matched} of ${rows.length} rows` : "";
      more.textContent = open ? `Show ${FOLDED} rows` : `Show all ${matched} rows`;
      more.hidden = !folds || matched <= FOLDED;
      more.setAttribute("aria-expanded", String(open));
    }

    [...table.tHead.rows[0].cells].forEach((head, place) =>
      head.querySelector("button").addEventListener("click", () => { sort(table, place); update(); }));
    if (rows.length > FILTERED) {
      part.prepend(element("div", { className: "tools" }, element("label", {}, "Filter ", filter), shown));
      filter.addEventListener("input", update);
    }
    more.addEventListener("click", () => { open = !open; update(); });
    if (folds) part.append(more);
    update();
  }

  document.querySelectorAll(".table").forEach(prepare);
})();
