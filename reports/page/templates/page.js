"use strict";
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const FOLDED = 12, FILTERED = 8, MOST_CLASSES = 20, MOST_LISTED = 60;

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // ---- tables: sorted by their headers, filtered by a text, folded where they are long

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
    if (rows.length > FILTERED || part.dataset.table === "leaderboard") {
      part.prepend(element("div", { className: "tools" }, element("label", {}, "Filter ", filter), shown));
      filter.addEventListener("input", update);
    }
    more.addEventListener("click", () => { open = !open; update(); });
    if (folds) part.append(more);
    update();
  }

  // ---- confusion matrices: a cell opens the list of its cases

  function cases(data, side, cell) {
    const [truth, predicted] = [data.classes[cell.t], data.classes[cell.p]];
    const head = element("tr", {}, ...["Case", "Share of its predictions", "Mean probability"].map((title) =>
      element("th", { scope: "col" }, title)));
    const rows = cell.cases.map(([number, share, probability]) => element("tr", {},
      element("th", { scope: "row" }, data.cases[number]),
      element("td", { className: "number" }, `${Math.round(share * 100)} %`),
      element("td", { className: "number" }, probability === null ? "–" : probability.toFixed(2))));
    const more = cell.more ? [element("p", { className: "quiet" },
      `${cell.more} more cases are not listed here; predictions.parquet of each run has all.`)] : [];
    return [
      element("h3", {}, `${side.side}: ${truth} predicted as ${predicted}`),
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)), ...more];
  }

  function matrix(data, side, open) {
    const totals = new Map(), found = new Map();
    for (const cell of side.cells) {
      totals.set(cell.t, (totals.get(cell.t) ?? 0) + cell.n);
      found.set(`${cell.t},${cell.p}`, cell);
    }
    const numbers = data.classes.map((_, number) => number);
    const head = element("tr", {}, element("td", {}),
      ...data.classes.map((name) => element("th", { scope: "col", title: name }, name)));
    const rows = numbers.map((t) => element("tr", {}, element("th", { scope: "row", title: data.classes[t] }, data.classes[t]),
      ...numbers.map((p) => {
        const cell = found.get(`${t},${p}`);
        const field = cell ? button(data, side, cell, open, cell.n < 99.5 ? String(Math.round(cell.n * 10) / 10) : cell.n.toFixed(0)) : element("span", {}, "0");
        if (cell) field.style.setProperty("--share", cell.n / totals.get(t));
        return element("td", {}, field);
      })));
    return element("table", { className: "matrix" }, element("caption", {}, `${side.side} (rows: true, columns: predicted)`), element("thead", {}, head),
      element("tbody", {}, ...rows));
  }

  function listed(data, side, open) {
    const wrong = side.cells.filter((cell) => cell.t !== cell.p).sort((a, b) => b.n - a.n);
    const rows = wrong.slice(0, MOST_LISTED).map((cell) => element("tr", {},
      element("td", {}, button(data, side, cell, open, `${data.classes[cell.t]} → ${data.classes[cell.p]}`)),
      element("td", { className: "number" }, cell.n.toFixed(1))));
    const title = `${side.side}: the ${rows.length} most frequent confusions (true → predicted)`;
    return element("table", { className: "listed" }, element("caption", {}, title), element("tbody", {}, ...rows));
  }

  function button(data, side, cell, open, text) {
    const made = element("button", { type: "button" }, text);
    made.setAttribute("aria-pressed", "false");
    made.setAttribute("aria-label",
      `${side.side}: ${data.classes[cell.t]} predicted as ${data.classes[cell.p]}, ${cell.n} cases a seed; show them`);
    made.addEventListener("click", () => open(made, cases(data, side, cell)));
    return made;
  }

  function confusions(part, data) {
    const choice = element("select", {}, ...data.backbones.map((one, number) =>
      element("option", { value: String(number) }, one.name)));
    const matrices = element("div", { className: "matrices" });
    const panel = element("div", { className: "cases", hidden: true, tabIndex: -1 });
    panel.setAttribute("aria-live", "polite");
    const draw = data.classes.length > MOST_CLASSES ? listed : matrix;
    function open(pressed, shown) {
      for (const other of matrices.querySelectorAll("[aria-pressed]")) other.setAttribute("aria-pressed", String(other === pressed));
      panel.replaceChildren(...shown);
      panel.hidden = false;
    }
    function show() {
      panel.hidden = true;
      matrices.replaceChildren(...data.backbones[Number(choice.value)].sides.map((side) => {
        const scroll = element("div", { className: "scroll", tabIndex: 0 }, draw(data, side, open));
        scroll.setAttribute("role", "region");
        scroll.setAttribute("aria-label", `Confusion matrix, ${side.side}`);
        return scroll;
      }));
    }
    choice.addEventListener("change", show);
    part.append(element("label", {}, "Backbone ", choice), matrices, panel);
    show();
  }

  // ---- charts: by Vega's interpreter, since the page allows no eval

  async function charts() {
    const narrow = document.documentElement.clientWidth < 600;
    const config = structuredClone(content.settings);
    if (narrow) [config.axis.labelLimit, config.legend.columns] = [110, 2];
    for (const place of document.querySelectorAll("[data-chart]")) {
      try {
        await vegaEmbed(place, content.charts[place.dataset.chart], {
          mode: "vega-lite", ast: true, renderer: "svg", actions: false, defaultStyle: false, config,
          tooltip: { disableDefaultStyle: true },
        });
      } catch (error) {
        place.textContent = `This chart could not be drawn (${error.message}); figures/${place.dataset.chart}.svg holds it.`;
      }
    }
    document.body.dataset.drawn = "yes";
  }

  document.querySelectorAll(".table").forEach(prepare);
  document.querySelectorAll(".confusions").forEach((part, number) => confusions(part, content.confusions[number]));
  charts();
})();
