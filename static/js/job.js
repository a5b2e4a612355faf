// The training loss as a line, drawn from its visible table, again after every update of the page.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 640;
const HEIGHT = 272;
const PAD = { top: 16, right: 16, bottom: 32, left: 56 };
const TICKS = 4;

function element(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// [step, loss] of every row; columns are step, epoch, loss, learning rate.
function pointsOf(table) {
  return [...table.tBodies[0].rows].map((row) => [row.cells[0], row.cells[2]].map((cell) => Number(cell.textContent.replaceAll(",", ""))));
}

// About TICKS round numbers from low to high.
function ticks(low, high) {
  const raw = (high - low) / TICKS || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
  const found = [];
  for (let count = Math.ceil(low / step); count * step <= high + step * 1e-6; count += 1) found.push(Number((count * step).toPrecision(6)));
  return found;
}

function chart(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(0, ...ys), Math.max(...ys) * 1.05 || 1];
  const px = (x) => PAD.left + ((x - left) / (right - left || 1)) * (WIDTH - PAD.left - PAD.right);
  const py = (y) => HEIGHT - PAD.bottom - ((y - low) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const label = `Training loss from ${ys[0]} at step ${xs[0]} to ${ys.at(-1)} at step ${xs.at(-1)}; all figures are in the table.`;
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  for (const y of ticks(low, high)) {
    svg.append(element("line", { class: "grid-line", x1: PAD.left, x2: WIDTH - PAD.right, y1: py(y), y2: py(y) }));
    svg.append(element("text", { x: PAD.left - 8, y: py(y) + 4, "text-anchor": "end" }, y));
  }
  for (const x of ticks(left, right).filter(Number.isInteger)) {
    svg.append(element("text", { x: px(x), y: HEIGHT - 10, "text-anchor": "middle" }, x.toLocaleString("en")));
  }
  svg.append(element("text", { x: 10, y: HEIGHT - 10 }, "step"));
  svg.append(element("polyline", { points: points.map(([x, y]) => `${px(x)},${py(y)}`).join(" ") }));
  svg.append(element("circle", { cx: px(xs.at(-1)), cy: py(ys.at(-1)), r: 4 }));
  return svg;
}

function draw() {
  for (const place of document.querySelectorAll("[data-chart-of]")) {
    const table = document.getElementById(place.dataset.chartOf);
    const points = table ? pointsOf(table) : [];
    place.replaceChildren(...(points.length > 1 ? [chart(points)] : []));
  }
}

// The table keeps its place: at its end while it grows, elsewhere where somebody reads.
let place = null;
function remember() {
  const box = document.getElementById("loss-scroll");
  place = box && box.scrollTop + box.clientHeight < box.scrollHeight - 4 ? box.scrollTop : null;
}
function restore() {
  const box = document.getElementById("loss-scroll");
  if (box) box.scrollTop = place ?? box.scrollHeight;
}

document.addEventListener("htmx:beforeSwap", remember);
document.addEventListener("htmx:afterSwap", () => { draw(); restore(); });
draw();
restore();
