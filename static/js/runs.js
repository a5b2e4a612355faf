// The curves of several jobs on the same axes, drawn from their visible table.

import { lineChart, seriesOf } from "./chart.js";

for (const place of document.querySelectorAll("[data-overlay-of]")) {
  // The first column is the step; a job keeps its colour, whoever else has measured.
  const series = seriesOf(document.getElementById(place.dataset.overlayOf));
  const lines = series.map((each) => ({ ...each, place: each.column - 1 }));
  if (lines.length) place.append(lineChart(place.dataset.name, lines));
}
