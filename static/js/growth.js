// The chart of a learning curve with its band, drawn from the visible table of its figures.

import { element, figure, number } from "./chart.js";

const PAD = { top: 12, right: 12, bottom: 26, left: 44 };
const LEVELS = 4;

function rowsOf(table) {
  return [...table.tBodies[0].rows].map((row) => {
    const [x, measured, value, low, high] = [...row.cells].map(number);
    return { x, measured, value, low, high };
  });
}

function growthChart(rows) {
  const last = rows.at(-1);
  const words = `nDCG@10 by training queries, from ${rows[0].value} at ${rows[0].x} to ${last.value} at ${last.x}, between ${last.low} and ${last.high}.`;
  const svg = element("svg", { class: "line-chart growth-chart", role: "img", "aria-label": words });
  new ResizeObserver(() => draw(svg, rows)).observe(svg);
  return svg;
}

function draw(svg, rows) {
  const { width, height } = svg.getBoundingClientRect();
  const lows = rows.map((row) => Math.min(row.low, row.measured || 1));
  const highs = rows.map((row) => Math.max(row.high, row.measured || 0));
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  const [first, last] = [rows[0].x, rows.at(-1).x];
  const px = (x) => PAD.left + ((x - first) / (last - first || 1)) * (width - PAD.left - PAD.right);
  const py = (y) => height - PAD.bottom - ((y - low) / (high - low || 1)) * (height - PAD.bottom - PAD.top);
  svg.replaceChildren();
  for (let step = 0; step <= LEVELS; step += 1) {
    const y = low + ((high - low) * step) / LEVELS;
    svg.append(element("line", { class: "grid-line", x1: PAD.left, x2: width - PAD.right, y1: py(y), y2: py(y) }));
    svg.append(element("text", { x: PAD.left - 6, y: py(y) + 4, "text-anchor": "end" }, y.toFixed(3)));
  }
  svg.append(element("text", { x: PAD.left, y: height - 6 }, `${first.toLocaleString("en")} queries`));
  svg.append(element("text", { x: width - PAD.right, y: height - 6, "text-anchor": "end" }, last.toLocaleString("en")));
  const there = rows.map((row) => `${px(row.x)},${py(row.high)}`);
  const back = [...rows].reverse().map((row) => `${px(row.x)},${py(row.low)}`);
  svg.append(element("polygon", { class: "band", points: [...there, ...back].join(" ") }));
  const line = element("g", { class: "series-0" });
  line.append(element("polyline", { points: rows.map((row) => `${px(row.x)},${py(row.value)}`).join(" ") }));
  for (const row of rows.filter((each) => Number.isFinite(each.measured))) {
    line.append(element("circle", { cx: px(row.x), cy: py(row.measured), r: 4 }));
  }
  svg.append(line);
}

function show() {
  for (const place of document.querySelectorAll("[data-growth-of]")) {
    const table = document.getElementById(place.dataset.growthOf);
    const rows = table ? rowsOf(table) : [];
    place.replaceChildren(...(rows.length > 1 ? [figure("nDCG@10 by training queries", growthChart(rows))] : []));
  }
}

document.addEventListener("htmx:afterSwap", show);
show();
