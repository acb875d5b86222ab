// Confusion matrices: a cell opens the list of its cases, with their pictures where the page has them.
(() => {
  const content = JSON.parse(document.getElementById("content").textContent).confusions;

  function picture(data, number) {
    const source = data.pictures[number];
    return source ? [element("img", { src: source, alt: `case ${data.cases[number]}`, loading: "lazy" })] : [];
  }

  function listed(data, side, cell) {
    const pictured = cell.cases.some(([number]) => data.pictures[number]);
    const titles = [...(pictured ? ["Image"] : []), "Case", "Share of its predictions", "Mean probability"];
    const head = element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)));
    const rows = cell.cases.map(([number, share, probability]) => element("tr", {},
      ...(pictured ? [element("td", {}, ...picture(data, number))] : []),
      element("th", { scope: "row" }, data.cases[number]),
      element("td", { className: "number" }, `${Math.round(share * 100)} %`),
      element("td", { className: "number" }, probability === null ? "–" : probability.toFixed(2))));
    const more = cell.more ? [element("p", { className: "quiet" },
      `${cell.more} more cases are not listed here; predictions.parquet of each run has all.`)] : [];
    return [
      element("h3", {}, `${side.side}: ${data.classes[cell.t]} predicted as ${data.classes[cell.p]}`),
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)), ...more];
  }

  function prepare(part) {
    const data = content.find((one) => part.dataset.backbone in one.backbones);
    const panel = element("div", { className: "cases", hidden: true, tabIndex: -1 });
    panel.setAttribute("aria-live", "polite");
    part.append(panel);
    part.addEventListener("click", (event) => {
      const pressed = event.target.closest("[data-cell]");
      if (!pressed) return;
      const shut = pressed.getAttribute("aria-pressed") === "true";
      for (const other of part.querySelectorAll("[aria-pressed]")) other.setAttribute("aria-pressed", String(other === pressed && !shut));
      panel.hidden = shut;
      const [place, order] = pressed.dataset.cell.split(".").map(Number);
      const side = data.backbones[part.dataset.backbone][place];
      panel.replaceChildren(...(shut ? [] : listed(data, side, side.cells[order])));
    });
  }

  document.querySelectorAll(".confusions").forEach(prepare);
})();
