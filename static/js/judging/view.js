// Shows an item. Everything that came from a project's data is set as text, never as HTML.

const byId = (id) => document.getElementById(id);

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

/** Paint one item, from its first line. */
export function showItem(item) {
  byId("query").textContent = item.query.text;
  byId("title").textContent = item.passage.title;
  byId("title").hidden = !item.passage.title;
  byId("text").textContent = item.passage.text;
  byId("passage").classList.toggle("code", item.passage.code);
  const metadata = Object.entries(item.passage.metadata);
  byId("about").hidden = metadata.length === 0;
  facts(byId("facts"), metadata);
  if (item.runs && byId("others")) {
    const runs = item.runs.map((row) => [row.run, `rank ${row.rank ?? "–"}, score ${row.score ?? "–"}`]);
    facts(byId("others-facts"), [...runs, ...item.labels.map((row) => [row.author, `grade ${row.grade}`])]);
  }
  scrollTo({ top: 0, behavior: "instant" });
}

/** Put back what the person had answered before they undid it, or empty the form. */
export function showEarlier(form, answer) {
  form.flagged.checked = Boolean(answer?.flagged);
  form.comment.value = answer?.comment ?? "";
  form.reason.value = typeof answer?.skip === "string" ? answer.skip : "";
  if (form.reason.selectedIndex < 0) form.reason.value = "";
  const given = answer?.grade ?? answer?.skip;
  for (const button of form.querySelectorAll("button[name]")) {
    const same = button.name === "grade" ? button.value === String(answer?.grade) : Boolean(answer?.skip);
    button.classList.toggle("earlier", given !== undefined && given !== null && same);
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

/** Show how many answers are still on their way, and why. */
export function showUnsent(count, problem) {
  const tag = byId("unsent");
  tag.hidden = count === 0 || (!problem && count < 4);
  const text = `${count} unsent${problem ? `: ${problem}` : ""}`;
  if (!tag.hidden && tag.textContent !== text) tag.textContent = text;
}

/** Show what went wrong and needs the person. */
export function showTrouble(text) {
  const note = byId("trouble");
  note.textContent = text;
  note.hidden = !text;
}

/** Show what is done and what is left. */
export function showPace(done, remaining) {
  byId("done").textContent = done.toLocaleString("en");
  byId("remaining").textContent = Math.max(remaining, 0).toLocaleString("en");
  byId("progress").max = done + Math.max(remaining, 0);
  byId("progress").value = done;
}
