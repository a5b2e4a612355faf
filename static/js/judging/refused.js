// Answers that the server would not take, kept in this browser until the person has read them.

/** Shows them in `note`; each is an answer with what it was about and the server's reason. */
export class Refused {
  constructor({ prefix, note, names }) {
    this.prefix = prefix;
    this.note = note;
    this.names = names;
    this.memory = []; // where the browser's storage is full
    this.list = note.querySelector("ul");
    note.querySelector("button").addEventListener("click", () => this.clear());
    addEventListener("storage", () => this.show());
    this.show();
  }

  get keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
  }

  get entries() {
    const stored = this.keys.map((key) => JSON.parse(localStorage.getItem(key)));
    return [...stored, ...this.memory].sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  add(answer, about, message) {
    const entry = { at: new Date().toISOString(), answer, about, message };
    try {
      localStorage.setItem(`${this.prefix}${answer.id}`, JSON.stringify(entry)); // once, in two tabs as well
    } catch {
      this.memory.push(entry);
    }
    this.show();
  }

  clear() {
    for (const key of this.keys) localStorage.removeItem(key);
    this.memory = [];
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
    const { comment, flagged, evidence } = answer;
    if (answer.withdraw) return "undone";
    const given = this.given(answer);
    const spans = evidence?.length ? `evidence at ${evidence.map(([start, end]) => `${start}–${end}`).join(", ")}` : "";
    return [given, flagged && "flagged", comment && `“${comment}”`, spans].filter(Boolean).join(", ");
  }

  given({ grade, prefer, left, tie, skip }) {
    if (tie) return "a tie";
    if (prefer) return `${prefer === left ? "A" : "B"} is better`;
    if (grade !== undefined) return `judged ${this.names.get(String(grade)) ?? grade}`;
    return `skipped${typeof skip === "string" ? `: ${skip}` : ""}`;
  }
}
