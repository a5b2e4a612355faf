// Small charts of the training log, drawn from its visible table, and buttons that copy snippets.

const SVG = "http://www.w3.org/2000/svg";
const PAD = { top: 12, right: 8, bottom: 24, gap: 6 };

function element(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function number(cell) {
  const text = cell.textContent.trim();
  return text === "" || text === "–" ? NaN : Number(text);
}

// Every column but the x column and the epoch becomes a series of [x, y] pairs.
function seriesOf(table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const x = names.indexOf(table.dataset.x);
  if (x < 0) return [];
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(number));
  return names
    .map((name, column) => ({
      name,
      points: rows.map((row) => [Math.max(0, row[x]), row[column]]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b)),
      skipped: column === x || name === "Epoch",
    }))
    .filter((series) => !series.skipped && series.points.length > 1);
}

// A chart is drawn in pixels of its own box, again whenever that changes: its texts keep their size.
function draw(svg, points) {
  const { width, height } = svg.getBoundingClientRect();
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const levels = low === high ? [low] : [low, high];
  const texts = levels.map((y) => element("text", { "text-anchor": "end" }, short(y)));
  svg.replaceChildren(...texts);
  const left = Math.max(...texts.map((text) => text.getComputedTextLength())) + PAD.gap;
  const [right, top, bottom] = [width - PAD.right, PAD.top, height - PAD.bottom];
  const px = (x) => left + ((x - first) / (last - first || 1)) * (right - left);
  const py = (y) => low === high ? (top + bottom) / 2 : bottom - ((y - low) / (high - low)) * (bottom - top);
  levels.forEach((y, row) => {
    texts[row].setAttribute("x", left - PAD.gap);
    texts[row].setAttribute("y", py(y) + 4);
    svg.append(element("line", { class: "grid-line", x1: left, x2: right, y1: py(y), y2: py(y) }));
  });
  svg.append(element("text", { x: left, y: height - 4 }, `step ${first}`));
  svg.append(element("text", { x: right, y: height - 4, "text-anchor": "end" }, last));
  svg.append(element("polyline", { points: points.map(([x, y]) => `${px(x)},${py(y)}`).join(" ") }));
  svg.append(element("circle", { cx: px(xs.at(-1)), cy: py(ys.at(-1)), r: 3 }));
}

function chart({ name, points }) {
  const ys = points.map(([, y]) => y);
  const label = `${name} by step: from ${ys[0]} to ${ys.at(-1)}, between ${Math.min(...ys)} and ${Math.max(...ys)}.`;
  const svg = element("svg", { role: "img", "aria-label": label });
  new ResizeObserver(() => draw(svg, points)).observe(svg);
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  figure.append(caption, svg);
  return figure;
}

function short(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

function copyButton(block) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain copy";
  button.textContent = "Copy";
  const text = block.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  block.after(button);
}

for (const place of document.querySelectorAll("[data-charts-of]")) {
  const table = document.getElementById(place.dataset.chartsOf);
  if (table) place.append(...seriesOf(table).map(chart));
}
// Browsers offer the clipboard on secure origins only.
if (navigator.clipboard) document.querySelectorAll("pre[data-copy]").forEach(copyButton);
