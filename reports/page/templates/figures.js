// Figures are saved as files: the drawing for a column of a journal, as SVG or in dots.
(() => {
  const SCALE = 4;

  function save(name, blob) {
    const link = element("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  function drawing(figure) {
    return new XMLSerializer().serializeToString(figure.querySelector(".narrow svg"));
  }

  async function dots(text) {
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = element("canvas", { width: image.width * SCALE, height: image.height * SCALE });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  for (const figure of document.querySelectorAll("[data-figure]")) {
    const name = figure.dataset.figure, title = figure.querySelector("figcaption").textContent;
    const as = (kind, make) => {
      const button = element("button", { type: "button", onclick: async () => save(`${name}.${kind}`, await make()) }, kind.toUpperCase());
      button.setAttribute("aria-label", `Save “${title}” as ${kind.toUpperCase()}`);
      return button;
    };
    figure.querySelector("figcaption").append(element("span", { className: "save" },
      as("svg", () => new Blob([drawing(figure)], { type: "image/svg+xml" })),
      as("png", () => dots(drawing(figure)))));
  }
  document.body.dataset.ready = "yes";
})();
