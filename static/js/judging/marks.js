// A text with its marks: the query's words in <mark>, evidence in a span around text and marks.
// Set as text throughout, so that nothing in it is taken for HTML.

import { unitsOf } from "./spans.js";

/** Fill `node` with `text`; `words` and `evidence` are code point ranges, in order and apart. */
export function paintText(node, text, words, evidence = []) {
  const marks = unitsOf(text, words);
  const whole = document.createDocumentFragment();
  let at = 0;
  for (const [start, end] of unitsOf(text, evidence)) {
    pieces(whole, text, at, start, marks);
    const span = document.createElement("span");
    span.className = "evidence";
    pieces(span, text, start, end, marks);
    whole.append(span);
    at = end;
  }
  pieces(whole, text, at, text.length, marks);
  node.replaceChildren(whole);
}

/** Append text[from:to] with those parts of it in <mark> that lie in `marks`. */
function pieces(parent, text, from, to, marks) {
  let at = from;
  for (const [start, end] of marks) {
    if (end <= at) continue;
    if (start >= to) break;
    const begin = Math.max(start, at);
    if (begin > at) parent.append(text.slice(at, begin));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(begin, Math.min(end, to));
    parent.append(mark);
    at = Math.min(end, to);
  }
  if (at < to) parent.append(text.slice(at, to));
}
