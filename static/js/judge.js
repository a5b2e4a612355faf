// The judging page: one key judges and paints the next item, the server hears of it afterwards.

import { Outbox, RefusedError, uuid } from "./judging/outbox.js";
import { Supply } from "./judging/supply.js";
import { Timer } from "./judging/timer.js";
import { Undos } from "./judging/undos.js";
import { announce, showEarlier, showItem, showPace, showTrouble, showUnsent, showWaiting } from "./judging/view.js";

const UNSENT_QUIETLY = 1000; // ms until an answer on its way is worth mentioning

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const settings = read("judge-settings");
const outbox = new Outbox({ url: settings.judgments, prefix: settings.box });
const form = document.getElementById("answer");
const ended = document.getElementById("undo-last");

watchOutbox();
if (form) start();
else if (ended) onKeys({ u: () => ended.requestSubmit() });
document.documentElement.dataset.judging = "live";
outbox.flush();

/** Say what is unsent and what the server refused; on the end page, too. */
function watchOutbox() {
  let notice = null;
  outbox.addEventListener("change", () => {
    const count = outbox.count;
    clearTimeout(notice);
    if (outbox.error || count === 0) showUnsent(count, outbox.error ? problemOf(outbox.error) : "");
    else notice = setTimeout(() => showUnsent(outbox.count, ""), UNSENT_QUIETLY);
  });
  outbox.addEventListener("result", ({ detail: { answer, result } }) => {
    if (result.code < 400) return;
    const what = answer.withdraw ? "An undo" : "An answer";
    showTrouble(`${what} was not accepted: ${result.message}`);
  });
}

/** Call what a key stands for, in either case of it; `other` hears of every other key. */
function onKeys(actions, other = () => null) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.querySelector("dialog[open]")) return;
    const writing = event.target.closest("input:not([type=checkbox]), textarea");
    if (event.key === "Escape" && form?.contains(event.target)) return leave();
    const action = writing ? null : (actions[event.key.toLowerCase()] ?? other(event.key));
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** Bring the focus back to the passage, so that Space and the arrows scroll it. */
function leave() {
  document.getElementById("comment").open = false;
  document.getElementById("item").focus({ preventScroll: true });
}

function problemOf(error) {
  if (!(error instanceof RefusedError)) return "no connection; kept in this browser";
  if (error.status === 401 || error.status === 403) return "log in again in another tab; kept in this browser";
  if (error.status === 404) return "this project is not open to you; kept in this browser";
  return "the server has trouble; kept in this browser";
}

function start() {
  const timer = new Timer();
  const undos = new Undos(`${settings.box}undos`);
  const comment = document.getElementById("comment");
  const keys = document.getElementById("keys");
  const guidelines = document.getElementById("guidelines");
  const undoButton = document.getElementById("undo-button");
  const supply = new Supply({
    url: settings.lease,
    first: read("judge-items"),
    remaining: settings.remaining,
    doubted: undos.candidates,
    outbox,
  });
  const names = new Map([...form.querySelectorAll("button.grade")].map((b) => [b.value, b.dataset.name]));
  let done = settings.answered + supply.gone.size;
  let shown = supply.current;

  /** Paint what is current, or say why nothing is. */
  function paint(said = "") {
    const item = supply.current;
    const turned = item !== shown || !item;
    if (turned) {
      shown = item;
      comment.open = false;
      if (item) showItem(item);
      showEarlier(form, item?.previous);
      timer.restart();
    }
    showWaiting(item ? "" : waitingText());
    // A button that kept the focus would give its answer to the next item, too.
    const focused = document.activeElement;
    if (turned && (focused === document.body || focused?.closest(".bar"))) leave();
    for (const button of form.querySelectorAll("button[name]")) button.disabled = !item;
    undoButton.disabled = undos.empty && !form.ownerDocument.forms.undo.withdraw.value;
    showPace(done, supply.remaining);
    if (said) announce(item ? `${said} Next query: ${item.query.text}` : said);
    if (!item) more();
  }

  function waitingText() {
    if (!supply.error) return "Fetching what comes next…";
    return `Cannot fetch more: ${problemOf(supply.error)}. Your answers are safe; this page goes on by itself.`;
  }

  /** With nothing left here: once all is sent, ask again; the server says when it is the end. */
  function more() {
    if (outbox.count) outbox.flush();
    else supply.refill();
  }

  function answer(given, said) {
    const item = supply.current;
    if (!item) return;
    const { candidate, passage, query } = item;
    const id = uuid();
    const full = { flagged: form.flagged.checked, comment: form.comment.value.trim(), ...given };
    outbox.add({
      id,
      candidate,
      revision: passage.revision,
      query_revision: query.revision,
      seconds: timer.seconds,
      ...full,
    });
    supply.take(); // after it lies in the outbox: what is fetched now does not know of it yet
    undos.push({ id, item: { ...item, previous: full } });
    done += 1;
    paint(said);
  }

  function undo() {
    const last = undos.pop();
    if (!last) return false;
    if (!outbox.drop(last.id)) outbox.add({ id: uuid(), withdraw: last.id });
    supply.give(last.item);
    done -= 1;
    const { grade } = last.item.previous;
    paint(grade === undefined ? "Undone; you had skipped it." : `Undone; you had judged it ${names.get(String(grade))}.`);
    return true;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button?.name === "grade") {
      answer({ grade: Number(button.value) }, `Judged ${names.get(button.value)}.`);
    } else if (button?.name === "skip") {
      answer({ skip: form.reason.value || true }, "Skipped.");
    }
  });
  // What this tab does not remember is undone by the server, once it has everything.
  document.getElementById("undo").addEventListener("submit", (event) => {
    if (undo() || outbox.count) event.preventDefault();
  });
  document.getElementById("keys-button").addEventListener("click", () => keys.showModal());
  guidelines.open = localStorage.getItem("arbiter:guidelines") !== "closed";
  guidelines.addEventListener("toggle", () => {
    localStorage.setItem("arbiter:guidelines", guidelines.open ? "open" : "closed");
  });

  const actions = {
    s: () => form.requestSubmit(form.querySelector("[name=skip]")),
    r: () => {
      form.reason.selectedIndex = (form.reason.selectedIndex + 1) % form.reason.options.length;
      announce(`Reason for skipping: ${form.reason.selectedOptions[0].text}.`);
    },
    u: () => undoButton.disabled || document.getElementById("undo").requestSubmit(undoButton),
    f: () => form.flagged.click(),
    g: () => (guidelines.open = !guidelines.open),
    c: () => {
      comment.open = true;
      form.comment.focus();
    },
    "?": () => keys.showModal(),
  };
  onKeys(actions, (key) => {
    const grade = form.querySelector(`button.grade[value="${CSS.escape(key)}"]`);
    return grade && (() => grade.disabled || form.requestSubmit(grade));
  });

  supply.addEventListener("change", () => {
    showPace(done, supply.remaining);
    if (supply.current || supply.error) {
      if (!supply.current) setTimeout(more, 2000);
      if (supply.current !== shown) paint();
      else if (!supply.current) showWaiting(waitingText());
    } else if (outbox.count === 0) {
      location.reload(); // the server shows the summary
    }
  });
  outbox.addEventListener("change", () => {
    if (!supply.current && outbox.count === 0) more();
  });
  setInterval(() => document.hidden || supply.refill(), (settings.leaseSeconds * 1000) / 3);
  paint();
  supply.refill();
}
