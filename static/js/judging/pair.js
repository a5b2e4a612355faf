// Two candidates side by side, or on a narrow screen one above the other: which is better, or a tie.

import { Fold } from "./fold.js";
import { paintText } from "./marks.js";
import { byId, showAbout, showQuery } from "./view.js";

const LOW = 600; // px of a window in which the page's own head has no room
const LEAST = 160; // px that a passage has at any rate
const BELOW = 64; // px for what follows a passage

/** Shows the first pair of the supply; `judge(value, since)` is called for what a key chooses. */
export class PairDesk {
  constructor(supply) {
    this.supply = supply;
    this.sides = [...document.querySelectorAll(".side")].map((node) => {
      const text = node.querySelector(".passage-text");
      return { node, text, title: node.querySelector(".found-title"), fold: new Fold(text, node.querySelector(".unfold")) };
    });
    const key = (value) => (event) => this.judge(value, event.timeStamp);
    const [left, right, tie] = ["left", "right", "tie"].map(key);
    this.keys = { 1: left, arrowleft: left, 2: right, arrowright: right, 0: tie, t: tie };
    addEventListener("resize", () => this.fold.folded && this.fit());
  }

  get current() {
    return this.supply.queue[0];
  }

  /** Both passages unfold together. */
  get fold() {
    const { sides } = this;
    return {
      folded: sides.some(({ fold }) => fold.folded),
      open: () => sides.forEach(({ fold }) => fold.open()),
    };
  }

  /** Paint a pair, each passage from its first line or the first of the query's words. */
  show({ query, candidates }) {
    showQuery(query);
    this.sides.forEach(({ node, text, title }, at) => {
      const { passage, matches } = candidates[at];
      title.hidden = !passage.title;
      paintText(title, passage.title, matches.title);
      paintText(text, passage.text, matches.text);
      node.querySelector(".passage").classList.toggle("code", passage.code);
      showAbout(candidates[at], node);
    });
    const top = innerHeight < LOW ? byId("item").getBoundingClientRect().top + scrollY : 0;
    scrollTo({ top, behavior: "instant" });
    this.fit();
  }

  /** Fold both passages to the room that is left: beside one another, or half of it for each. */
  fit() {
    const [one, two] = this.sides.map(({ text }) => text.getBoundingClientRect());
    const bar = document.querySelector(".bar").offsetHeight;
    const room = innerHeight - one.top - bar - BELOW;
    const stacked = two.left === one.left;
    for (const { fold } of this.sides) fold.prepare(Math.max(stacked ? room / 2 - BELOW : room, LEAST));
    for (const { fold } of this.sides) fold.measure();
    for (const { fold } of this.sides) fold.settle();
  }

  about(item) {
    return `Next query: ${item.query.text}`;
  }

  focus() {
    byId("item").focus({ preventScroll: true });
  }

  // What other layouts have to do.
  resting = false;
  rest() {}
  mark() {}
  answered() {}
  undone() {}
  elsewhere() {}
  refresh() {}
}
