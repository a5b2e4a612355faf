// One candidate at a time: the query, its passage, and the rest of a long passage one key away.

import { Fold } from "./fold.js";
import { paintText } from "./marks.js";
import { byId, showAbout, showQuery } from "./view.js";

const LOW = 600; // px of a window in which the page's own head has no room
const LEAST = 160; // px that a passage has at any rate
const BELOW = 64; // px for what follows the passage

/** Shows the first item of the supply. */
export class One {
  constructor(supply) {
    this.supply = supply;
    this.text = byId("text");
    this.fold = new Fold(this.text, byId("unfold"));
    addEventListener("resize", () => this.fold.folded && this.fit());
  }

  get current() {
    return this.supply.queue[0];
  }

  /** Paint one item, from its first line. */
  show(item, evidence) {
    showQuery(item.query);
    byId("title").hidden = !item.passage.title;
    paintText(byId("title"), item.passage.title, item.matches.title);
    byId("passage").classList.toggle("code", item.passage.code);
    this.mark(item, evidence);
    showAbout(item);
    const top = innerHeight < LOW ? byId("item").getBoundingClientRect().top + scrollY : 0;
    scrollTo({ top, behavior: "instant" });
    this.fit();
  }

  mark(item, evidence) {
    paintText(this.text, item.passage.text, item.matches.text, evidence);
  }

  fit() {
    const { top } = this.text.getBoundingClientRect();
    const bar = document.querySelector(".bar").offsetHeight;
    this.fold.fit(Math.max(innerHeight - top - bar - BELOW, LEAST));
  }

  about(item) {
    return `Next query: ${item.query.text}`;
  }

  focus() {
    byId("item").focus({ preventScroll: true });
  }

  // What only a list has to do.
  keys = {};
  resting = false;
  rest() {}
  answered() {}
  undone() {}
  elsewhere() {}
  refresh() {}
}
