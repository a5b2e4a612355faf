// Deciding a disagreement by key: a reason and a grade, in whichever order, and the form is sent.

import { Timer } from "./judging/timer.js";

const KEPT = "arbiter:kept-reason";

const byId = (id) => document.getElementById(id);
const form = byId("ruling");
const hint = byId("hint");
const keep = byId("keep");
const guidelines = byId("guidelines");
const timer = new Timer();
let chosen = null; // the grade's button, where the reason is still to come

const reasoned = () => Boolean(form.quick.value || form.words.value.trim());

/** Say something where it is seen, and to a screen reader. */
function say(text) {
  hint.textContent = text;
  hint.classList.add("asking");
  byId("live").textContent = text;
}

/** Bring the focus back to the passage, so that Space and the arrows scroll it. */
function leave() {
  byId("item").focus({ preventScroll: true });
}

function choose(button) {
  chosen?.classList.remove("chosen");
  chosen = button;
  chosen.classList.add("chosen");
  const what = button.name === "withdraw" ? "Take it back" : button.dataset.name;
  say(`${what}: now say why.`);
}

form.addEventListener("submit", (event) => {
  const button = event.submitter?.name ? event.submitter : chosen;
  if (!button || !reasoned()) {
    event.preventDefault();
    if (button) choose(button);
    else say("Now choose a grade.");
    return;
  }
  if (event.submitter !== button) {
    event.preventDefault(); // Enter in the field would press the first grade
    form.requestSubmit(button);
    return;
  }
  form.seconds.value = timer.seconds;
  if (keep.checked && form.quick.value) sessionStorage.setItem(KEPT, form.quick.value);
  else sessionStorage.removeItem(KEPT);
});

// Enter in the field sends the grade that is chosen, never the first button of the form.
form.words.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (chosen && reasoned()) form.requestSubmit(chosen);
  else if (reasoned()) {
    leave();
    say("Now choose a grade.");
  }
});

function reason(radio) {
  radio.checked = true;
  if (chosen) form.requestSubmit(chosen);
  else say(`${radio.value}. Now choose a grade.`);
}
for (const radio of form.querySelectorAll("[name=quick]")) {
  radio.addEventListener("click", (event) => event.detail && chosen && form.requestSubmit(chosen));
}

const actions = {
  c: () => form.words.focus(),
  k: () => keep.click(),
  n: () => byId("following")?.click(),
  u: () => byId("back")?.click(),
  h: () => byId("names")?.click(),
  g: () => (guidelines.open = !guidelines.open),
  "?": () => byId("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave();
  if (event.target.closest("input[type=text], textarea")) return;
  const key = event.key.toLowerCase();
  const radio = form.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const grade = form.querySelector(`button.grade[value="${CSS.escape(key)}"]`);
  const action = actions[key] ?? (radio && (() => reason(radio))) ?? (grade && (() => form.requestSubmit(grade)));
  if (!action) return;
  event.preventDefault();
  action();
});

byId("keys-button").addEventListener("click", () => byId("keys").showModal());
guidelines.open = localStorage.getItem("arbiter:guidelines") !== "closed";
guidelines.addEventListener("toggle", () => {
  localStorage.setItem("arbiter:guidelines", guidelines.open ? "open" : "closed");
});

const kept = [...form.querySelectorAll("[name=quick]")].find((radio) => radio.value === sessionStorage.getItem(KEPT));
if (kept && !form.quick.value) {
  kept.checked = true;
  keep.checked = true;
  hint.textContent = "Kept from the last one; a grade decides.";
}
document.documentElement.dataset.judging = "live";
