// What all layouts show around the items. Everything that came from a project's data is set as
// text, never as HTML.

export const byId = (id) => document.getElementById(id);

const TELLING = ["description", "narrative"]; // the order in which they help
const LONG = 600; // characters about a query beyond which they are folded; as in about.py
const NARROW = matchMedia("(max-width: 40rem), (max-height: 36rem)");
const LONG_WHERE_NARROW = 160;
const ABOUT = "arbiter:about-query"; // "open" or "closed" where the person has chosen

/** Show a query and what came with it: open where that helps and there is room, or as the person left it. */
export function showQuery({ id, text, metadata }) {
  byId("query").textContent = text;
  const about = byId("about-query");
  if (about.dataset.query === id) return;
  about.dataset.query = id;
  const rank = ([name]) => TELLING.indexOf(name.toLowerCase()) + 1 || TELLING.length + 1;
  const pairs = Object.entries(metadata).sort((a, b) => rank(a) - rank(b));
  facts(about.querySelector("dl"), pairs);
  const { length } = about.querySelector("dl").textContent;
  const told = pairs.some((pair) => rank(pair) <= TELLING.length) && length <= (NARROW.matches ? LONG_WHERE_NARROW : LONG);
  const chosen = localStorage.getItem(ABOUT);
  about.hidden = pairs.length === 0;
  about.open = chosen ? chosen === "open" : told;
}

/** Remember how the person leaves what came with a query. */
export function watchQuery() {
  const about = byId("about-query");
  about.querySelector("summary").addEventListener("click", () => localStorage.setItem(ABOUT, about.open ? "closed" : "open"));
}

/** Fill a definition list with [term, description] pairs. */
function facts(list, pairs) {
  list.replaceChildren(
    ...pairs.flatMap(([term, description]) => {
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.textContent = term;
      dd.dir = "auto";
      dd.textContent = typeof description === "string" ? description : JSON.stringify(description);
      return [dt, dd];
    }),
  );
}

/** Show an item's metadata and, where judging is not blind, its runs and others' labels. */
export function showAbout(item, root = document) {
  const metadata = Object.entries(item.passage.metadata);
  root.querySelector(".about-passage").hidden = metadata.length === 0;
  facts(root.querySelector(".about-passage dl"), metadata);
  const others = root.querySelector(".about-others dl");
  if (!item.runs || !others) return;
  const runs = item.runs.map((row) => [row.run, `rank ${row.rank ?? "–"}, score ${row.score ?? "–"}`]);
  facts(others, [...runs, ...item.labels.map((row) => [row.author, `grade ${row.grade}`])]);
}

/** Return what the form says besides the grade. */
export function draftIn(form) {
  return { flagged: form.flagged.checked, comment: form.comment.value.trim(), reason: form.reason.value };
}

/**
 * Fill the form with what was begun on an item, and show the answer that was `given` before, which
 * came from the button of the value `chosen`.
 */
export function showDraft(form, draft, given, chosen) {
  form.flagged.checked = draft.flagged;
  form.comment.value = draft.comment;
  form.reason.value = draft.reason;
  if (form.reason.selectedIndex < 0) form.reason.value = "";
  for (const button of form.querySelectorAll("button[name]")) {
    const same = button.name === "skip" ? Boolean(given?.skip) : button.value === chosen;
    button.classList.toggle("earlier", same);
  }
}

/** Show the item's place, or `text` in its place where there is none. */
export function showWaiting(text) {
  byId("item").hidden = Boolean(text);
  byId("waiting").hidden = !text;
  byId("waiting-text").textContent = text;
}

/** Say something to a screen reader. */
export function announce(text) {
  byId("live").textContent = text;
}

/** Show how many answers are still on their way, and why; `login` offers to log in again. */
export function showUnsent(count, problem, login) {
  const tag = byId("unsent");
  tag.hidden = count === 0 || (!problem && count < 4);
  const text = `${count} unsent${problem ? `: ${problem}` : ""}`;
  if (!tag.hidden && tag.textContent !== text) tag.textContent = text;
  const link = byId("login-again");
  if (link) link.hidden = tag.hidden || !login;
}

/** Show what is done and what is left. */
export function showPace(done, remaining) {
  byId("done").textContent = done.toLocaleString("en");
  byId("remaining").textContent = Math.max(remaining, 0).toLocaleString("en");
  byId("progress").max = done + Math.max(remaining, 0);
  byId("progress").value = done;
}
