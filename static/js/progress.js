// Bars of a table's numbers, one a row. The table is on the page: the figures are there.

import { element, number } from "./chart.js";

const FOOT = 18; // pixels below the bars, for the first and last row's names
const HEAD = 16; // and above them, for the highest number

for (const place of document.querySelectorAll("[data-bars-of]")) {
  const table = document.getElementById(place.dataset.barsOf);
  const rows = [...table.tBodies[0].rows].map((row) => [row.cells[0].textContent, number(row.cells[1])]);
  if (!rows.some(([, value]) => value > 0)) continue;
  const svg = element("svg", { role: "img", "aria-label": said(rows, place.dataset.unit) });
  place.append(svg);
  place.hidden = false;
  new ResizeObserver(() => draw(svg, rows)).observe(svg);
}

function said(rows, unit) {
  const [name, most] = rows.reduce((best, row) => (row[1] > best[1] ? row : best));
  return `${unit} from ${rows[0][0]} to ${rows.at(-1)[0]}, the most ${most.toLocaleString("en")} on ${name}.`;
}

// In pixels of the figure's own box, again whenever that changes: texts keep their size.
function draw(svg, rows) {
  const { width, height } = svg.getBoundingClientRect();
  const most = Math.max(...rows.map(([, value]) => value));
  const base = height - FOOT;
  const step = width / rows.length;
  svg.replaceChildren(element("line", { class: "base", x1: 0, x2: width, y1: base, y2: base }));
  rows.forEach(([name, value], at) => {
    const tall = (value / most) * (base - HEAD);
    const bar = element("rect", { x: at * step + 1, y: base - tall, width: Math.max(step - 2, 1), height: tall });
    bar.append(element("title", {}, `${name}: ${value.toLocaleString("en")}`));
    svg.append(bar);
    if (value === most) {
      const middle = Math.min(Math.max((at + 0.5) * step, 24), width - 24);
      svg.append(element("text", { x: middle, y: base - tall - 4, "text-anchor": "middle" }, value.toLocaleString("en")));
    }
  });
  svg.append(element("text", { x: 0, y: height - 4 }, rows[0][0]));
  svg.append(element("text", { x: width, y: height - 4, "text-anchor": "end" }, rows.at(-1)[0]));
}
