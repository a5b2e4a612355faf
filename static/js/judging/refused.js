// Answers that the server would not take, kept in this browser until the person has read them.

/** Shows them in `note`; each is an answer with what it was about and the server's reason. */
export class Refused {
  constructor({ prefix, note, names }) {
    this.prefix = prefix;
    this.note = note;
    this.names = names;
    this.list = note.querySelector("ul");
    note.querySelector("button").addEventListener("click", () => this.clear());
    addEventListener("storage", () => this.show());
    this.show();
  }

  get entries() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return keys.sort().map((key) => JSON.parse(localStorage.getItem(key)));
  }

  add(answer, about, message) {
    const key = `${this.prefix}${new Date().toISOString()}:${answer.id}`;
    try {
      localStorage.setItem(key, JSON.stringify({ answer, about, message }));
    } catch {
      this.list.append(this.line({ answer, about, message }));
    }
    this.show();
  }

  clear() {
    for (const key of Object.keys(localStorage)) if (key.startsWith(this.prefix)) localStorage.removeItem(key);
    this.show();
  }

  show() {
    const { entries } = this;
    this.note.hidden = entries.length === 0;
    if (!entries.length) return;
    const { answer, message } = entries.at(-1);
    const what = answer.withdraw ? "An undo" : "An answer";
    const more = entries.length > 1 ? ` (${entries.length} in all)` : "";
    const text = `${what} was not accepted${more}: ${message}`;
    const title = this.note.querySelector("[role=alert]");
    if (title.textContent !== text) title.textContent = text;
    this.list.replaceChildren(...entries.map((entry) => this.line(entry)));
  }

  /** Return one answer in words, to be read and, if it matters, given again. */
  line({ answer, about, message }) {
    const line = document.createElement("li");
    const parts = [about?.query, about?.passage, this.words(answer), message];
    line.textContent = parts.filter(Boolean).join(" · ");
    return line;
  }

  words(answer) {
    const { grade, skip, comment, flagged, evidence } = answer;
    if (answer.withdraw) return "undone";
    const given = grade === undefined ? `skipped${typeof skip === "string" ? `: ${skip}` : ""}` : `judged ${this.names.get(String(grade)) ?? grade}`;
    const spans = evidence?.length ? `evidence at ${evidence.map(([start, end]) => `${start}–${end}`).join(", ")}` : "";
    return [given, flagged && "flagged", comment && `“${comment}”`, spans].filter(Boolean).join(", ");
  }
}
