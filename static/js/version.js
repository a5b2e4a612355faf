// Small charts of the training log, drawn from its visible table, and buttons that copy snippets.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 96;
const PAD = { top: 10, right: 8, bottom: 16, left: 34 };

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

function chart({ name, points }) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const px = (x) => PAD.left + ((x - left) / (right - left || 1)) * (WIDTH - PAD.left - PAD.right);
  const flat = (PAD.top + HEIGHT - PAD.bottom) / 2;
  const py = (y) => low === high ? flat : HEIGHT - PAD.bottom - ((y - low) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const last = points.at(-1);
  const label = `${name} by step: from ${ys[0]} to ${last[1]}, between ${low} and ${high}.`;
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  for (const y of low === high ? [low] : [low, high]) {
    svg.append(element("line", { class: "grid-line", x1: PAD.left, x2: WIDTH - PAD.right, y1: py(y), y2: py(y) }));
    svg.append(element("text", { x: PAD.left - 5, y: py(y) + 3, "text-anchor": "end" }, short(y)));
  }
  svg.append(element("text", { x: PAD.left, y: HEIGHT - 3 }, `step ${left}`));
  svg.append(element("text", { x: WIDTH - PAD.right, y: HEIGHT - 3, "text-anchor": "end" }, right));
  svg.append(element("polyline", { points: points.map(([x, y]) => `${px(x)},${py(y)}`).join(" ") }));
  svg.append(element("circle", { cx: px(last[0]), cy: py(last[1]), r: 3 }));
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
