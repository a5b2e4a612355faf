// All candidates of a query as a list, judged in context: the keys act on the row that is marked.

import { Fold } from "./fold.js";
import { paintText } from "./marks.js";
import { byId, showAbout, showQuery } from "./view.js";

const ROOM = 220; // px of a passage that a row shows
const SIGHT = 5; // rows that fill a window
const LABEL = 80; // characters that name a row without a title

/**
 * Shows the candidates of the query that comes first in the supply, until all are answered and the
 * person goes on: below the last row there is a place without a grade, from which rows can still be
 * corrected. `judge(grade, since)`, `moved()` and `wentOn(since)` are called for what is done in the
 * list itself.
 */
export class List {
  constructor(supply, form) {
    this.supply = supply;
    this.rows = [];
    this.at = 0;
    this.place = byId("rows");
    this.ending = byId("rows-end");
    this.evidence = byId("evidence");
    this.home = this.evidence.parentElement; // where it is while no row has it
    this.names = new Map([...form.querySelectorAll("button.grade")].map((b) => [Number(b.value), b.dataset.name]));
    const [down, up] = [() => this.move(1), () => this.move(-1)];
    const on = ({ timeStamp }) => this.resting && this.goOn(timeStamp);
    this.keys = { j: down, k: up, arrowdown: down, arrowup: up, enter: on, n: on };
    this.place.addEventListener("click", (event) => this.clicked(event));
    byId("next-query").addEventListener("click", ({ timeStamp }) => this.goOn(timeStamp));
    this.load();
  }

  get row() {
    return this.rows[this.at];
  }

  get current() {
    return this.row?.item;
  }

  get given() {
    return this.row?.given;
  }

  get text() {
    return this.row.text;
  }

  get fold() {
    return this.row?.fold;
  }

  /** Whether all rows are answered, and the mark is below the last. */
  get resting() {
    return this.rows.length > 0 && this.at === this.rows.length;
  }

  /** Lay out the query `id`, or the one that comes first. */
  load(id = this.supply.queue[0]?.query.id) {
    const items = this.supply.queue.filter(({ query }) => query.id === id);
    this.rows = items.map((item) => ({ item, given: null, ...this.node() }));
    this.at = 0;
    this.home.append(this.evidence); // the row that has it goes away
    this.place.replaceChildren(...this.rows.map(({ node }) => node));
    if (items.length) showQuery(items[0].query);
    this.fill(this.rows.slice(0, SIGHT));
    this.fillLater(this.rows.slice(SIGHT));
    scrollTo({ top: 0, behavior: "instant" });
  }

  /** Fill rows that are out of sight when what is in sight has been painted. */
  fillLater(rows) {
    if (rows.length) requestAnimationFrame(() => setTimeout(() => rows[0].node.isConnected && this.fill(rows)));
  }

  node() {
    const node = byId("row").content.firstElementChild.cloneNode(true);
    const text = node.querySelector(".passage-text");
    return { node, text, card: node.querySelector(".candidate"), fold: new Fold(text, node.querySelector(".unfold")) };
  }

  fill(rows) {
    for (const row of rows) {
      const { item, node } = row;
      const title = node.querySelector("h2");
      title.hidden = !item.passage.title;
      paintText(title, item.passage.title, item.matches.title);
      paintText(row.text, item.passage.text, item.matches.text, item.previous?.evidence);
      node.querySelector(".passage").classList.toggle("code", item.passage.code);
      showAbout(item, node);
      row.fold.prepare(ROOM);
    }
    for (const row of rows) row.fold.measure(); // after all of them are there: one layout, not one each
    for (const row of rows) row.fold.settle();
    this.tell();
  }

  /** Add what has come to the query that is shown; or show the next one. */
  refresh() {
    if (!this.rows.length) return this.load();
    const known = new Set(this.rows.map(({ item }) => item.candidate));
    const { id } = this.rows[0].item.query;
    const items = this.supply.queue.filter(({ query, candidate }) => query.id === id && !known.has(candidate));
    const added = items.map((item) => ({ item, given: null, ...this.node() }));
    this.rows.push(...added);
    this.place.append(...added.map(({ node }) => node));
    if (added.length) this.fill(added);
  }

  /** Keep what was given to the marked row, go on, and return what it had been given before. */
  answered(given) {
    const before = this.row.given;
    this.row.given = given;
    this.next();
    return before;
  }

  /** Mark the next row without an answer; with none left, the place below them. */
  next() {
    const open = this.rows.map((row, at) => (row.given ? -1 : at)).filter((at) => at >= 0);
    this.at = open.find((at) => at > this.at) ?? open[0] ?? this.rows.length;
    this.tell();
  }

  goOn(since) {
    this.load();
    this.wentOn(since);
  }

  undone(item, before) {
    if (!this.find(item.candidate)) this.load(item.query.id);
    this.at = this.rows.findIndex((row) => row.item.candidate === item.candidate);
    Object.assign(this.row, { item, given: before ?? null });
    this.tell();
  }

  /** Another tab has answered a candidate. */
  elsewhere(candidate, given) {
    const row = this.find(candidate);
    if (!row) return;
    row.given = given;
    if (row === this.row) this.next();
    this.tell();
  }

  find(candidate) {
    return this.rows.find((row) => row.item.candidate === candidate);
  }

  move(by) {
    const last = this.rows.length - (this.rows.every(({ given }) => given) ? 0 : 1);
    this.go(Math.min(Math.max(this.at + by, 0), last));
  }

  go(at) {
    if (at === this.at) return;
    this.at = at;
    this.moved();
  }

  clicked(event) {
    const at = this.rows.findIndex(({ node }) => node.contains(event.target));
    if (at < 0) return;
    const pick = event.target.closest(".pick");
    this.go(at);
    if (pick) this.judge(pick.dataset.grade, event.timeStamp);
  }

  /** Show which row is marked. */
  show() {
    this.tell();
    this.row.card.querySelector(".evidence-place").append(this.evidence);
    this.focus();
    this.row.card.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  /** Show that no row is marked: all are answered. */
  rest() {
    if (!this.resting) return;
    this.tell();
    this.focus();
    this.ending.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  mark(item, evidence) {
    paintText(this.text, item.passage.text, item.matches.text, evidence);
  }

  focus() {
    (this.resting ? this.ending : this.row?.card)?.focus({ preventScroll: true });
  }

  about() {
    const { length } = this.rows;
    if (this.resting) return `All ${length} judged. Enter: next query.`;
    return `${this.at + 1} of ${length}: ${this.labelOf(this.row.item)}`;
  }

  labelOf({ passage }) {
    return passage.title || passage.text.slice(0, LABEL);
  }

  /** Show each row's answer, and how many there are. */
  tell() {
    const { length } = this.rows;
    const done = this.rows.filter(({ given }) => given).length;
    byId("group").textContent = `${done} of ${length} judged`;
    this.ending.hidden = done < length || length === 0;
    this.ending.classList.toggle("here", this.resting);
    this.rows.forEach(({ item, given, card, node }, at) => {
      const said = given ? (this.names.get(given.grade) ?? "Skipped") : "";
      card.tabIndex = at === this.at ? 0 : -1;
      if (at === this.at) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
      card.classList.toggle("given", Boolean(given));
      card.setAttribute("aria-label", `${at + 1} of ${length}: ${this.labelOf(item)}${said && `; ${said}`}`);
      node.querySelector(".said").textContent = said;
      for (const pick of node.querySelectorAll(".pick")) {
        pick.setAttribute("aria-pressed", String(given?.grade === Number(pick.dataset.grade)));
      }
    });
  }
}
