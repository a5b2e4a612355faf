// Charts of what a job measures, drawn from its visible tables, again after every update of the page.

import { chartFigures } from "./chart.js";

function draw() {
  for (const place of document.querySelectorAll("[data-charts-of]")) {
    const tables = place.dataset.chartsOf.split(" ").map((id) => document.getElementById(id));
    place.replaceChildren(...tables.filter(Boolean).flatMap(chartFigures));
  }
}

// A table keeps its place: at its end while it grows, elsewhere where somebody reads.
const places = new Map();
function boxes() {
  return document.querySelectorAll(".curves > [id^=scroll]");
}
function remember() {
  for (const box of boxes()) {
    const reads = box.scrollTop + box.clientHeight < box.scrollHeight - 4;
    places.set(box.id, reads ? box.scrollTop : null);
  }
}
function restore() {
  for (const box of boxes()) box.scrollTop = places.get(box.id) ?? box.scrollHeight;
}

document.addEventListener("htmx:beforeSwap", remember);
document.addEventListener("htmx:afterSwap", () => { draw(); restore(); });
draw();
restore();
