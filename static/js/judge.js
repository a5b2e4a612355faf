// The judging page: one key judges and paints the next item, the server hears of it afterwards.

import { Evidence } from "./judging/evidence.js";
import { Grades } from "./judging/grades.js";
import { offerKeys, onKeys } from "./judging/keys.js";
import { Keeper } from "./judging/keeper.js";
import { List } from "./judging/list.js";
import { One } from "./judging/one.js";
import { Outbox, RefusedError } from "./judging/outbox.js";
import { PairDesk } from "./judging/pair.js";
import { NoEvidence, Preferences } from "./judging/preferences.js";
import { Refused } from "./judging/refused.js";
import { Session } from "./judging/session.js";
import { Sitting } from "./judging/sitting.js";
import { Supply } from "./judging/supply.js";
import { Undos } from "./judging/undos.js";
import { announce, byId, showUnsent, watchQuery } from "./judging/view.js";

const UNSENT_QUIETLY = 1000; // ms until an answer on its way is worth mentioning
const RESTORED = 1000; // ms to wait for what a crash has left

const read = (id) => JSON.parse(byId(id).textContent);
const settings = read("judge-settings");
const { whose, person } = settings;
const names = new Map(Object.entries(settings.names));
const paired = settings.layout === "pairs";
const scope = paired ? `${whose}pairs:` : whose; // what is kept of pairs is kept apart
// Each kind of answer goes to its own place, also where another layout has left it behind.
const judgments = new Outbox({ url: settings.judgments, field: "judgments", prefix: `arbiter:answers:${whose}`, person });
const preferences = new Outbox({ url: settings.preferences, field: "preferences", prefix: `arbiter:preferences:${whose}`, person });
const outboxes = [judgments, preferences];
const outbox = paired ? preferences : judgments;
const sitting = new Sitting(`arbiter:sitting:${scope}`);
const form = byId("answer");
const ended = byId("undo-last");

watchOutboxes();
await Promise.race([Promise.all(outboxes.map(({ restored }) => restored)), new Promise((resolve) => setTimeout(resolve, RESTORED))]);
const keeper = new Keeper({ person, paired });
const kept = form ? await keeper.restored() : null; // there is no connection, and this page is of before
if (kept) Object.assign(settings, { kept: true, latest: [], answered: kept.answered, remaining: kept.remaining });
if (form) start();
else atTheEnd();
for (const each of outboxes) each.flush();

/** Say what is unsent and what the server refused; on the end page, too. */
function watchOutboxes() {
  const refused = new Refused({ prefix: `arbiter:refused:${whose}`, note: byId("trouble"), names });
  let notice = null;
  let late = 0;
  const unsent = () => outboxes.reduce((sum, { count }) => sum + count, 0);
  const changed = () => {
    const error = outboxes.find((each) => each.error)?.error;
    clearTimeout(notice);
    if (error || unsent() === 0) showUnsent(unsent(), error ? problemOf(error) : "", error?.status === 401);
    else notice = setTimeout(() => showUnsent(unsent(), ""), UNSENT_QUIETLY);
  };
  const received = ({ detail: { answer, about, result } }) => {
    if (result.code >= 400) refused.add(answer, about, result.message);
    else if (result.status === "late") {
      late += 1;
      const why = result.message || "Somebody else had it by then, or the project was closed.";
      byId("late").textContent = `${late === 1 ? "An answer came" : `${late} answers came`} late: kept, but not counted. ${why}`;
      byId("late").hidden = false;
    }
  };
  for (const each of outboxes) {
    each.addEventListener("change", changed);
    each.addEventListener("result", received);
  }
}

function problemOf(error) {
  if (!(error instanceof RefusedError)) return "no connection; kept in this browser";
  if (error.status === 401) return "log in again in another tab; kept in this browser";
  if (error.status === 404) return "this project is not open to you; kept in this browser";
  if (error.status === 403 || error.status === 409) return `${error.detail} Kept in this browser`;
  return "the server has trouble; kept in this browser";
}

function atTheEnd() {
  const table = byId("sitting");
  table?.toggleAttribute("data-sat", sitting.show(table));
  if (settings.finished) sitting.end();
  if (ended) onKeys({ u: () => ended.requestSubmit() });
  document.documentElement.dataset.judging = "live";
}

function start() {
  const undos = new Undos(`arbiter:undos:${scope}`);
  const supply = new Supply({
    url: settings.lease,
    person,
    first: kept?.items ?? read("judge-items"),
    remaining: settings.remaining,
    latest: settings.latest,
    doubted: undos.keys,
    outbox,
    whole: settings.layout === "list",
    spared: !paired,
    usual: sitting.pace,
    judges: settings.judges,
  });
  const desk = deskOf(supply);
  const kind = paired ? new Preferences() : new Grades(names);
  const evidence = paired ? new NoEvidence() : new Evidence({ button: byId("evidence-button"), list: byId("evidence"), hint: byId("picking") });
  const session = new Session({ settings, scope, form, outbox, supply, undos, desk, kind, evidence, sitting, trouble: problemOf });
  desk.judge = (value, since) => judge(session, value, since);
  desk.moved = () => session.paint();
  desk.wentOn = (since) => session.wentOn(since);
  watchForms(session);
  watchPanels(session);
  watchBar();
  onKeys(
    { ...keysOf(session), ...desk.keys },
    (key) => form.querySelector(`button.grade[value="${CSS.escape(key)}"]`) && ((event) => judge(session, key, event.timeStamp)),
  );
  setInterval(() => document.hidden || supply.refill(), (settings.leaseSeconds * 1000) / 3);
  document.documentElement.dataset.judging = "live"; // what needs the script shows now, and has its place
  session.paint();
  supply.refill();
  keeper.begin(settings.worker, supply, session);
}

function deskOf(supply) {
  if (paired) return new PairDesk(supply);
  return settings.layout === "list" ? new List(supply, form) : new One(supply);
}

function judge(session, value, since) {
  const { current } = session.desk;
  if (current) session.answer(...session.kind.answerTo(value, current), since);
}

function skip(session, since) {
  session.answer({ skip: form.reason.value || true }, "Skipped.", since);
}

function watchForms(session) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button?.matches(".grade")) judge(session, button.value, event.timeStamp);
    else if (button?.name === "skip") skip(session, event.timeStamp);
  });
  // What this tab does not remember is undone by the server, once it has everything.
  byId("undo").addEventListener("submit", (event) => {
    if (session.undo() || outbox.count || !session.older) event.preventDefault();
  });
  // What is given back is not asked for again, and the summary has all that was sent.
  byId("finish").addEventListener("submit", (event) => {
    if (!outbox.count) return;
    event.preventDefault();
    byId("finish-wait").hidden = false;
    outbox.hurry();
    outbox.addEventListener("change", () => outbox.count || byId("finish").submit());
  });
}

/** Tell the styles how high the bar is, under which nothing that is scrolled into view must come to lie. */
function watchBar() {
  const bar = document.querySelector(".bar");
  new ResizeObserver(() => document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
}

function watchPanels({ timer }) {
  watchQuery();
  const guidelines = byId("guidelines");
  offerKeys(byId("single-keys"));
  byId("keys-button").addEventListener("click", () => open("keys"));
  byId("pause-button").addEventListener("click", () => open("pause"));
  for (const panel of document.querySelectorAll("dialog")) {
    panel.addEventListener("panel", () => timer.pause(true));
    panel.addEventListener("close", () => timer.pause(false));
  }
  guidelines.open = localStorage.getItem("arbiter:guidelines") !== "closed";
  guidelines.addEventListener("toggle", () => {
    localStorage.setItem("arbiter:guidelines", guidelines.open ? "open" : "closed");
  });
}

/** Open a panel over the page; the time that it takes is not the item's. */
function open(id) {
  const panel = byId(id);
  if (id === "pause") sitting.show(byId("sitting"));
  panel.showModal();
  panel.dispatchEvent(new Event("panel"));
}

function keysOf(session) {
  const undoButton = byId("undo-button");
  const { evidence, desk } = session;
  return {
    s: (event) => skip(session, event.timeStamp),
    r: () => {
      form.reason.selectedIndex = (form.reason.selectedIndex + 1) % form.reason.options.length;
      announce(`Reason for skipping: ${form.reason.selectedOptions[0].text}.`);
      session.keep();
    },
    u: () => undoButton.disabled || byId("undo").requestSubmit(undoButton),
    f: () => form.flagged.click(),
    g: () => (byId("guidelines").open = !byId("guidelines").open) || true,
    c: () => {
      byId("comment").open = true;
      form.comment.focus();
    },
    e: () => evidence.act && desk.current && evidence.act(),
    backspace: () => evidence.remove?.(evidence.spans.length - 1),
    l: () => byId("layout").click(),
    p: () => open("pause"),
    "?": () => open("keys"),
    " ": () => {
      if (!desk.fold?.folded) return false;
      desk.fold.open();
    },
    escape: (event) => (form.contains(event.target) ? session.leave() : false),
  };
}
