// The training loss as a line, drawn from its visible table, again after every update of the page.

import { lineChart, number } from "./chart.js";

// [step, loss] of every row; columns are step, epoch, loss, learning rate.
function pointsOf(table) {
  return [...table.tBodies[0].rows].map((row) => [number(row.cells[0]), number(row.cells[2])]);
}

function draw() {
  for (const place of document.querySelectorAll("[data-chart-of]")) {
    const table = document.getElementById(place.dataset.chartOf);
    const points = table ? pointsOf(table) : [];
    place.replaceChildren(...(points.length > 1 ? [lineChart("Training loss", points)] : []));
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
