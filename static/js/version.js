// Small charts of the training log, drawn from its visible table, and buttons that copy snippets.

import { lineChart, number } from "./chart.js";

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
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = name;
  figure.append(caption, lineChart(name, points));
  return figure;
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
