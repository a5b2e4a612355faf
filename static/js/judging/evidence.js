// Evidence: the parts of a passage that speak for a grade. Selecting text marks it: with the mouse at
// once, by touch with the button that appears, by key with `e`.

import { Picking } from "./picking.js";
import { select, selectedIn } from "./selection.js";
import { merged, pointsOf, trimmed, unitsOf } from "./spans.js";
import { announce, byId } from "./view.js";

const MOST = 200; // spans that the server takes
const RECENT = 1500; // ms for which a selection counts that a tap on the button has ended
const QUOTED = 90; // characters of a span in the list

/** The spans of the item that is shown, in code points. Emits `change` when the person changes them. */
export class Evidence extends EventTarget {
  constructor({ button, list, hint }) {
    super();
    Object.assign(this, { button, list, spans: [], root: null, lately: null });
    this.picking = new Picking(hint);
    this.picking.addEventListener("pick", ({ detail }) => this.add(detail));
    document.addEventListener("pointerdown", (event) => this.pressed(event));
    document.addEventListener("pointerup", (event) => this.released(event));
    document.addEventListener("selectionchange", () => this.noticed());
    button.addEventListener("pointerdown", (event) => event.preventDefault()); // it keeps the selection
    button.addEventListener("click", () => this.act());
  }

  /** Show the spans of another item; `paint` paints the text of `root` anew with its spans. */
  show({ root, item, spans, paint }) {
    this.picking.stop();
    Object.assign(this, { root, text: item.passage.text, paint, spans: merged(spans), lately: null });
    this.showList();
  }

  /** What an answer says of it. */
  get given() {
    return { evidence: this.spans };
  }

  /** Let it be marked, or not. */
  offer(on) {
    this.button.disabled = !on;
  }

  /** Show none: there is no item. */
  leave() {
    this.picking.stop();
    Object.assign(this, { root: null, spans: [], lately: null });
    this.showList();
  }

  pressed(event) {
    this.held = event.pointerType === "mouse" && event.button === 0 && Boolean(this.root?.contains(event.target));
  }

  released() {
    if (!this.held) return;
    this.held = false;
    // The browser settles the selection after this event: a click on selected text ends it.
    setTimeout(() => {
      const range = this.root && selectedIn(this.root);
      if (range && !this.picking.on) this.add(range, { keep: true });
    });
  }

  noticed() {
    const range = this.root && selectedIn(this.root);
    if (range) this.lately = { range, at: performance.now() };
    document.documentElement.toggleAttribute("data-selecting", Boolean(range) && !this.held);
  }

  /** Mark what is selected, or choose it by key. */
  act() {
    const recent = this.lately && performance.now() - this.lately.at < RECENT ? this.lately.range : null;
    const range = this.picking.on ? null : (selectedIn(this.root) ?? recent);
    if (range) this.add(range);
    else if (this.picking.on) this.picking.pick();
    else this.picking.start(this.root);
  }

  add(range, { keep = false } = {}) {
    const inner = trimmed(this.text, range);
    if (!inner) return;
    if (this.spans.length >= MOST) return announce(`There are ${MOST} spans already.`);
    this.spans = merged([...this.spans, pointsOf(this.text, inner)]);
    this.changed(`Evidence: ${this.text.slice(...inner).slice(0, QUOTED)}`);
    if (keep) select(this.root, range); // so that it can still be copied
    else getSelection().removeAllRanges();
  }

  remove(at) {
    if (at < 0 || at >= this.spans.length) return;
    this.spans = this.spans.filter((_, index) => index !== at);
    this.changed("Evidence removed.");
  }

  changed(said) {
    this.lately = null;
    this.paint(this.spans);
    this.showList();
    // Where the list is cut off by the bar; not from the middle of a long passage, which is being read.
    if (this.list.getBoundingClientRect().top < innerHeight) this.list.scrollIntoView({ block: "nearest", behavior: "instant" });
    announce(said);
    this.dispatchEvent(new Event("change"));
  }

  showList() {
    const quotes = unitsOf(this.text, this.spans).map(([start, end]) => this.text.slice(start, end));
    this.list.hidden = quotes.length === 0;
    this.list.querySelector("ol").replaceChildren(...quotes.map((quote, at) => this.line(quote, at)));
    byId("evidence-count").textContent = quotes.length || "";
  }

  line(quote, at) {
    const line = document.createElement("li");
    const words = document.createElement("span");
    words.textContent = quote.length > QUOTED ? `${quote.slice(0, QUOTED)}…` : quote;
    words.dir = "auto";
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "×";
    button.setAttribute("aria-label", `Remove evidence ${at + 1}: ${quote.slice(0, QUOTED)}`);
    button.addEventListener("click", () => {
      this.remove(at);
      (this.list.querySelectorAll("button")[Math.max(at - 1, 0)] ?? byId("item")).focus({ preventScroll: true });
    });
    line.append(words, button);
    return line;
  }
}
