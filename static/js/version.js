// Small charts of the training log, drawn from its visible table, and buttons that copy snippets.

import { chartFigures } from "./chart.js";

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
  if (table) place.append(...chartFigures(table));
}
// A link to what is folded opens it; newer browsers do that by themselves.
function reveal() {
  const folded = location.hash && document.getElementById(location.hash.slice(1))?.closest("details");
  if (folded && !folded.open) {
    folded.open = true;
    folded.scrollIntoView();
  }
}
addEventListener("hashchange", reveal);
reveal();
// Browsers offer the clipboard on secure origins only.
if (navigator.clipboard) document.querySelectorAll("pre[data-copy]").forEach(copyButton);
