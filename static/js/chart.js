// Line charts of measures by step. Charts are drawn from visible tables: the figures are there.

const SVG = "http://www.w3.org/2000/svg";
const PAD = { top: 12, right: 8, bottom: 24, gap: 6 };
const TICK_HEIGHT = 44; // pixels that one grid line has to itself

/** Return a cell's number, which `data-value` gives where it is written for people; NaN where it holds none. */
export function number(cell) {
  const text = cell.dataset.value ?? cell.textContent.trim().replaceAll(",", "");
  return text === "" ? NaN : Number(text);
}

/** Return every column of a table but `data-x` and the epoch as {name, points}; points are [x, y] in order. */
export function seriesOf(table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const x = names.indexOf(table.dataset.x);
  if (x < 0) return [];
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(number));
  return names
    .map((name, column) => ({
      name,
      column,
      points: rows.map((row) => [Math.max(0, row[x]), row[column]]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b)),
      skipped: column === x || name === "Epoch",
    }))
    .filter((series) => !series.skipped && series.points.length > 1);
}

/** Return a figure with a chart for every column of a table that has at least two numbers. */
export function chartFigures(table) {
  return seriesOf(table).map((series) => figure(series.name, lineChart(series.name, [series])));
}

/** Return a figure of a chart under its name. */
export function figure(name, chart) {
  const node = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  node.append(caption, chart);
  return node;
}

/** Return an SVG element of series as `seriesOf` returns them, at least one, on the same axes. */
export function lineChart(name, series) {
  const svg = element("svg", { class: "line-chart", role: "img", "aria-label": `${name} by step: ${series.map(said).join("; ")}.` });
  new ResizeObserver(() => draw(svg, series)).observe(svg);
  return svg;
}

/** Return a new SVG element. */
export function element(name, attributes, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function said({ name, points }, _place, all) {
  const ys = points.map(([, y]) => y);
  const [first, last, low, high] = [ys[0], ys.at(-1), Math.min(...ys), Math.max(...ys)].map((y) => Number(y.toPrecision(4)));
  return `${all.length > 1 ? `${name} ` : ""}from ${first} to ${last}, between ${low} and ${high}`;
}

// In pixels of the chart's own box, again whenever that changes: texts keep their size.
function draw(svg, series) {
  const { width, height } = svg.getBoundingClientRect();
  const points = series.flatMap((each) => each.points);
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const [low, high] = [Math.min(...ys), Math.max(...ys)];
  const levels = ticks(low, high, Math.floor(height / TICK_HEIGHT));
  const texts = levels.map((y) => element("text", { "text-anchor": "end" }, short(y)));
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
  series.forEach((each, place) => {
    const [x, y] = each.points.at(-1);
    const line = element("g", { class: `series-${each.place ?? place}` });
    line.append(element("polyline", { points: each.points.map(([a, b]) => `${px(a)},${py(b)}`).join(" ") }));
    line.append(element("circle", { cx: px(x), cy: py(y), r: 3 }));
    svg.append(line);
  });
}

// "500M" for what is too long to stand beside a chart.
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
function short(value) {
  return Math.abs(value) >= 10_000 ? compact.format(value) : String(value);
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
