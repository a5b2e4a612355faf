// What all layouts show around the items. Everything that came from a project's data is set as
// text, never as HTML.

export const byId = (id) => document.getElementById(id);

/** Fill a definition list with [term, description] pairs. */
function facts(list, pairs) {
  list.replaceChildren(
    ...pairs.flatMap(([term, description]) => {
      const dt = document.createElement("dt");
      const dd = document.createElement("dd");
      dt.textContent = term;
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
