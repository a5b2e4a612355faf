// Choosing evidence by key: the selection moves over the passage by word or sentence.

import { select } from "./selection.js";
import { trimmed } from "./spans.js";
import { announce } from "./view.js";

const KEYS = { ArrowLeft: ["words", -1], ArrowRight: ["words", 1], ArrowUp: ["sentences", -1], ArrowDown: ["sentences", 1] };

/** Emits `pick` with a range of UTF-16 units in `detail`; `hint` says the keys while it is on. */
export class Picking extends EventTarget {
  constructor(hint) {
    super();
    this.hint = hint;
    this.root = null;
    document.addEventListener("keydown", (event) => this.heard(event), { capture: true });
  }

  get on() {
    return this.root !== null;
  }

  /** Begin at the first of the query's words that shows, or at the first word. */
  start(root) {
    const text = root.textContent;
    this.root = root;
    this.text = text;
    this.words = pieces(text, "word");
    this.sentences = pieces(text, "sentence");
    if (!this.words.length) return this.stop();
    const box = root.getBoundingClientRect();
    const mark = [...root.querySelectorAll("mark")].find((node) => node.getBoundingClientRect().bottom > Math.max(box.top, 0));
    const before = document.createRange();
    before.selectNodeContents(root);
    if (mark) before.setEndBefore(mark);
    const from = mark ? before.toString().length : 0;
    this.hint.hidden = false;
    this.move(this.words.find(([, end]) => end > from) ?? this.words[0]);
  }

  stop() {
    if (!this.on) return;
    this.root = null;
    this.hint.hidden = true;
    getSelection().removeAllRanges();
  }

  heard(event) {
    if (!this.on || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const unit = KEYS[event.key];
    if (unit) this.step(...unit, event.shiftKey);
    else if (event.key === "Enter" || event.key.toLowerCase() === "e") this.pick();
    else if (event.key === "Escape") this.stop();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  pick() {
    const range = this.range;
    this.stop();
    this.dispatchEvent(new CustomEvent("pick", { detail: range }));
  }

  /** Go to the next word or sentence, or take it in as well. */
  step(unit, by, extend) {
    const [start, end] = this.range;
    const all = this[unit];
    const last = this.lead < 0 ? start : end - 1; // the end that moves
    const here = Math.max(all.findLastIndex(([from]) => from <= last), 0);
    const [from, to] = all[here];
    const whole = unit === "words" || (start <= from && end >= to);
    const next = all[whole ? Math.min(Math.max(here + by, 0), all.length - 1) : here];
    if (!extend) return this.move(next);
    if (start === this.fixed[0] && end === this.fixed[1]) this.lead = by;
    const [first, then] = this.fixed;
    this.reach([Math.min(first, next[0]), Math.max(then, next[1])]);
  }

  /** Select one word or sentence anew. */
  move(range) {
    this.fixed = range;
    this.lead = 1;
    this.reach(range);
  }

  reach(range) {
    this.range = range;
    const rect = select(this.root, range).getBoundingClientRect();
    const box = this.root.getBoundingClientRect();
    const folded = this.root.classList.contains("folded");
    const low = folded ? box.bottom : innerHeight - document.querySelector(".bar").offsetHeight;
    const high = folded ? box.top : document.querySelector(".pinned").getBoundingClientRect().bottom;
    const by = rect.bottom > low ? rect.bottom - low + 40 : rect.top < high ? rect.top - high - 40 : 0;
    if (by) (folded ? this.root : window).scrollBy({ top: by, behavior: "instant" });
    announce(this.text.slice(...range).slice(0, 300));
  }
}

/** Return where the words or sentences of a text stand, without white space around them. */
function pieces(text, granularity) {
  if (!Intl.Segmenter) {
    const pattern = granularity === "word" ? /\S+/g : /[^.!?\n]+[.!?]*/g;
    return [...text.matchAll(pattern)].map((found) => trimmed(text, [found.index, found.index + found[0].length])).filter(Boolean);
  }
  const found = [...new Intl.Segmenter(undefined, { granularity }).segment(text)];
  const wanted = granularity === "word" ? found.filter(({ isWordLike }) => isWordLike) : found;
  return wanted.map(({ index, segment }) => trimmed(text, [index, index + segment.length])).filter(Boolean);
}
