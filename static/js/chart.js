// A line chart of one measure by step. Charts are drawn from visible tables: the figures are there.

const SVG = "http://www.w3.org/2000/svg";
const PAD = { top: 12, right: 8, bottom: 24, gap: 6 };
const TICK_HEIGHT = 44; // pixels that one grid line has to itself

/** Return a cell's number; NaN where it holds none. */
export function number(cell) {
  const text = cell.textContent.trim().replaceAll(",", "");
  return text === "" ? NaN : Number(text);
}

/** Return an SVG element of `points`, [step, value] pairs in order, at least two. */
export function lineChart(name, points) {
  const ys = points.map(([, y]) => y);
  const label = `${name} by step: from ${ys[0]} to ${ys.at(-1)}, between ${Math.min(...ys)} and ${Math.max(...ys)}.`;
  const svg = element("svg", { class: "line-chart", role: "img", "aria-label": label });
  new ResizeObserver(() => draw(svg, points)).observe(svg);
  return svg;
}

/** Return a new SVG element. */
export function element(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// In pixels of the chart's own box, again whenever that changes: texts keep their size.
function draw(svg, points) {
  const { width, height } = svg.getBoundingClientRect();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const levels = ticks(low, high, Math.floor(height / TICK_HEIGHT));
  const texts = levels.map((y) => element("text", { "text-anchor": "end" }, y));
  svg.replaceChildren(...texts);
  const left = Math.max(0, ...texts.map((text) => text.getComputedTextLength())) + PAD.gap;
  const [right, top, bottom] = [width - PAD.right, PAD.top, height - PAD.bottom];
  const px = (x) => left + ((x - first) / (last - first || 1)) * (right - left);
  const py = (y) => (low === high ? (top + bottom) / 2 : bottom - ((y - low) / (high - low)) * (bottom - top));
  levels.forEach((y, row) => {
    texts[row].setAttribute("x", left - PAD.gap);
    texts[row].setAttribute("y", py(y) + 4);
    svg.append(element("line", { class: "grid-line", x1: left, x2: right, y1: py(y), y2: py(y) }));
  });
  svg.append(element("text", { x: left, y: height - 4 }, `step ${first.toLocaleString("en")}`));
  svg.append(element("text", { x: right, y: height - 4, "text-anchor": "end" }, last.toLocaleString("en")));
  svg.append(element("polyline", { points: points.map(([x, y]) => `${px(x)},${py(y)}`).join(" ") }));
  svg.append(element("circle", { cx: px(xs.at(-1)), cy: py(ys.at(-1)), r: 3 }));
}

// Round numbers from low to high, at most `most` of them (two at least).
function ticks(low, high, most) {
  if (low === high) return [Number(low.toPrecision(3))];
  const raw = (high - low) / Math.max(most, 2);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * (1 - 1e-9));
  const found = [];
  for (let count = Math.ceil(low / step - 1e-6); count * step <= high + step * 1e-6; count += 1) {
    found.push(Number((count * step).toPrecision(6)));
  }
  return found;
}
