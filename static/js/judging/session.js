// One person judging: what is shown, answered, undone, in any layout.

import { Drafts } from "./drafts.js";
import { keyOf } from "./items.js";
import { measureNext } from "./pace.js";
import { uuid } from "./outbox.js";
import { Timer } from "./timer.js";
import { Undos } from "./undos.js";
import { announce, byId, draftIn, showDraft, showPace, showWaiting } from "./view.js";

/** Ties the layout (`desk`) and the kind of answer to supply, outbox and form. */
export class Session {
  constructor({ settings, scope, form, outbox, supply, undos, desk, kind, evidence, sitting, trouble }) {
    Object.assign(this, { form, outbox, supply, undos, desk, kind, evidence, sitting, trouble });
    this.timer = new Timer();
    this.drafts = new Drafts(`arbiter:drafts:${scope}`);
    this.done = settings.answered + supply.unseen;
    this.fresh = !settings.kept;
    this.shown = null;
    this.tabs = new BroadcastChannel(`arbiter:tabs:${scope}`);
    this.tabs.onmessage = ({ data }) => this.elsewhere(data);
    form.addEventListener("input", () => this.keep());
    evidence.addEventListener("change", () => this.keep());
    supply.addEventListener("change", () => this.supplied());
    outbox.addEventListener("change", () => {
      if (this.waiting && outbox.count === 0) this.more();
    });
  }

  /** Whether there is nothing to judge here and nothing to look at. */
  get waiting() {
    return !this.desk.current && !this.desk.resting;
  }

  /** Whether the server may undo what came before this page: the page's own form says its last answer. */
  get older() {
    return this.fresh && this.undos.whole && document.forms.undo.withdraw.value !== "";
  }

  /** Keep what was begun on the item that is shown. */
  keep() {
    if (this.shown) this.drafts.put(this.shown, { ...draftIn(this.form), evidence: this.evidence.spans });
  }

  /** Paint what is current, or say why nothing is. */
  paint(said = "") {
    const { desk, form } = this;
    const item = desk.current;
    const turned = item !== this.shown || !item;
    if (turned) this.turn(item);
    showWaiting(this.waiting ? this.waitingText() : "");
    // A button that kept the focus would give its answer to the next item, too.
    const focused = document.activeElement;
    if (turned && (focused === document.body || focused?.closest(".bar"))) this.leave();
    for (const button of form.querySelectorAll("button[name]")) button.disabled = !item;
    this.evidence.offer(Boolean(item));
    byId("undo-button").disabled = this.undos.empty && !this.older;
    showPace(this.done, this.supply.remaining);
    if (said) announce(this.waiting ? said : `${said} ${desk.about(item)}`);
    if (this.waiting) this.more();
  }

  turn(item) {
    const before = this.shown;
    this.shown = item;
    byId("comment").open = false;
    if (!item) {
      this.evidence.leave();
      if (before) this.desk.rest();
      return;
    }
    const given = this.desk.given ?? item.previous;
    const draft = this.drafts.of(item, given);
    this.desk.show(item, draft.evidence);
    showDraft(this.form, draft, given, this.kind.chosen(given, item));
    const { text: root } = this.desk;
    const paint = (spans) => this.desk.mark(item, spans);
    this.evidence.show({ root, item, spans: draft.evidence, paint });
  }

  /** Bring the focus back to the passage, so that Space and the arrows scroll it. */
  leave() {
    byId("comment").open = false;
    this.desk.focus();
  }

  waitingText() {
    if (!this.supply.error) return "Fetching what comes next…";
    return `Cannot fetch more: ${this.trouble(this.supply.error)}. Your answers are safe; this page goes on by itself.`;
  }

  /** With nothing left here: once all is sent, ask again; the server says when it is the end. */
  more() {
    if (this.outbox.count) this.outbox.flush();
    else this.supply.refill();
  }

  supplied() {
    const { desk, supply } = this;
    desk.refresh();
    showPace(this.done, supply.remaining);
    if (!this.waiting || supply.error) {
      if (this.waiting) setTimeout(() => this.more(), 2000);
      if (desk.current !== this.shown) {
        this.timer.restart();
        this.paint();
      } else if (this.waiting) showWaiting(this.waitingText());
    } else if (this.outbox.count === 0) {
      if (supply.complete) location.reload(); // the server shows the end
      else this.more();
    }
  }

  /** Judge or skip the current item; `since` is when the person did it, on the page's clock. */
  answer(given, said, since = performance.now()) {
    const item = this.desk.current;
    if (!item) return;
    const { flagged, comment } = draftIn(this.form);
    const full = { flagged, comment, ...this.evidence.given, ...given };
    const { seconds } = this.timer;
    const id = this.send(item, full, seconds);
    this.supply.take(keyOf(item)); // after it lies in the outbox: what is fetched now does not know of it yet
    const before = this.desk.answered({ ...full, id });
    this.undos.push({ id, item: { ...item, previous: full }, before });
    this.drafts.drop(item);
    if (before) this.sitting.count(before, 0, -1);
    else this.done += 1;
    this.sitting.count(full, seconds);
    this.tabs.postMessage({ answered: keyOf(item), given: full, again: Boolean(before) });
    this.timer.restart();
    this.paint(said);
    measureNext(since);
  }

  /** The layout shows what comes next because the person went on to it. */
  wentOn(since) {
    this.timer.restart();
    this.paint(this.desk.current ? `Next query: ${this.desk.current.query.text}.` : "");
    measureNext(since);
  }

  /** Put an answer in the outbox, and return its UUID. */
  send(item, full, seconds) {
    const { kind } = this;
    const id = uuid();
    this.outbox.add({ id, ...kind.about(item), seconds, ...full }, item, kind.quote(item));
    return id;
  }

  /** Take the last answer back; false if this tab knows of none. */
  undo() {
    const last = this.undos.pop();
    if (!last) return false;
    const { id, item, before } = last;
    const unsent = this.outbox.drop(id);
    this.sitting.count(item.previous, 0, -1);
    if (before) {
      // It had changed an earlier answer, which holds again.
      this.sitting.count(before);
      const { id: earlier, ...full } = before;
      if (!unsent) this.undos.rename(earlier, (before.id = this.send(item, full)));
    } else {
      if (!unsent) this.outbox.add({ id: uuid(), withdraw: id }, item, this.kind.quote(item));
      this.supply.give(item);
      this.done -= 1;
      this.tabs.postMessage({ undone: keyOf(item) });
    }
    this.desk.undone(item, before);
    this.timer.restart();
    this.shown = null;
    this.paint(`Undone; you had ${this.kind.words(item.previous, item)}.`);
    return true;
  }

  /** Another tab of this person has answered something, or undone it. */
  elsewhere({ answered, undone, given, again }) {
    if (undone) {
      this.supply.missing(undone);
      this.done -= 1;
      this.supply.refill();
    } else if (!again) {
      this.supply.take(answered);
      this.done += 1;
    }
    if (answered) this.desk.elsewhere(answered, given);
    this.paint();
  }
}
