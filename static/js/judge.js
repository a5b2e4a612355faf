// The judging page: one key judges and paints the next item, the server hears of it afterwards.

import { Evidence } from "./judging/evidence.js";
import { offerKeys, onKeys } from "./judging/keys.js";
import { List } from "./judging/list.js";
import { One } from "./judging/one.js";
import { Outbox, RefusedError } from "./judging/outbox.js";
import { Refused } from "./judging/refused.js";
import { Session } from "./judging/session.js";
import { Sitting } from "./judging/sitting.js";
import { Supply } from "./judging/supply.js";
import { Undos } from "./judging/undos.js";
import { announce, byId, showUnsent } from "./judging/view.js";

const UNSENT_QUIETLY = 1000; // ms until an answer on its way is worth mentioning
const RESTORED = 1000; // ms to wait for what a crash has left

const read = (id) => JSON.parse(byId(id).textContent);
const settings = read("judge-settings");
const { whose, person } = settings;
const names = new Map(Object.entries(settings.names));
const outbox = new Outbox({ url: settings.judgments, prefix: `arbiter:answers:${whose}`, person });
const sitting = new Sitting(`arbiter:sitting:${whose}`);
const form = byId("answer");
const ended = byId("undo-last");

watchOutbox();
await Promise.race([outbox.restored, new Promise((resolve) => setTimeout(resolve, RESTORED))]);
if (form) start();
else atTheEnd();
outbox.flush();

/** Say what is unsent and what the server refused; on the end page, too. */
function watchOutbox() {
  const refused = new Refused({ prefix: `arbiter:refused:${whose}`, note: byId("trouble"), names });
  let notice = null;
  let late = 0;
  outbox.addEventListener("change", () => {
    const { count, error } = outbox;
    clearTimeout(notice);
    if (error || count === 0) showUnsent(count, error ? problemOf(error) : "", error?.status === 401);
    else notice = setTimeout(() => showUnsent(outbox.count, ""), UNSENT_QUIETLY);
  });
  outbox.addEventListener("result", ({ detail: { answer, about, result } }) => {
    if (result.code >= 400) refused.add(answer, about, result.message);
    else if (result.status === "late") {
      late += 1;
      const why = result.message || "Somebody else had it by then, or the project was closed.";
      byId("late").textContent = `${late === 1 ? "An answer came" : `${late} answers came`} late: kept, but not counted. ${why}`;
      byId("late").hidden = false;
    }
  });
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
  const undos = new Undos(`arbiter:undos:${whose}`);
  const supply = new Supply({
    url: settings.lease,
    person,
    first: read("judge-items"),
    remaining: settings.remaining,
    doubted: undos.candidates,
    outbox,
    whole: settings.layout === "list",
  });
  const desk = settings.layout === "list" ? new List(supply, form) : new One(supply);
  const evidence = new Evidence({ button: byId("evidence-button"), list: byId("evidence"), hint: byId("picking") });
  const session = new Session({ settings, form, outbox, supply, undos, desk, evidence, sitting, names, trouble: problemOf });
  desk.judge = (grade, since) => judge(session, grade, since);
  desk.moved = () => session.paint();
  desk.wentOn = (since) => session.wentOn(since);
  watchForms(session);
  watchPanels(session);
  onKeys(
    { ...keysOf(session), ...desk.keys },
    (key) => form.querySelector(`button.grade[value="${CSS.escape(key)}"]`) && ((event) => judge(session, key, event.timeStamp)),
  );
  setInterval(() => document.hidden || supply.refill(), (settings.leaseSeconds * 1000) / 3);
  document.documentElement.dataset.judging = "live"; // what needs the script shows now, and has its place
  session.paint();
  supply.refill();
}

function judge(session, grade, since) {
  session.answer({ grade: Number(grade) }, `Judged ${names.get(String(grade))}.`, since);
}

function skip(session, since) {
  session.answer({ skip: form.reason.value || true }, "Skipped.", since);
}

function watchForms(session) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button?.name === "grade") judge(session, button.value, event.timeStamp);
    else if (button?.name === "skip") skip(session, event.timeStamp);
  });
  // What this tab does not remember is undone by the server, once it has everything.
  byId("undo").addEventListener("submit", (event) => {
    if (session.undo() || outbox.count) event.preventDefault();
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

function watchPanels({ timer }) {
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
    e: () => desk.current && evidence.act(),
    backspace: () => evidence.remove(evidence.spans.length - 1),
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
