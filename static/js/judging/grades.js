// What a judgment looks like: a grade given to one candidate.

const QUOTED = 160; // characters that say what an answer is about

export class Grades {
  /** `names` are those of the grades by their values. */
  constructor(names) {
    this.names = names;
  }

  /** Return the answer that a button or key with this value gives, and how that is said. */
  answerTo(value) {
    return [{ grade: Number(value) }, `Judged ${this.names.get(String(value))}.`];
  }

  /** Return the value of the button that an answer came from. */
  chosen(given) {
    return given?.grade?.toString();
  }

  /** Say what the person had done. */
  words({ grade }) {
    return grade === undefined ? "skipped it" : `judged it ${this.names.get(String(grade))}`;
  }

  /** Return the fields that tie an answer to its item. */
  about({ candidate, passage, query }) {
    return { candidate, revision: passage.revision, query_revision: query.revision };
  }

  /** Say which item an answer is about, for the day that it is not accepted. */
  quote({ query, passage }) {
    return { query: query.text.slice(0, QUOTED), passage: (passage.title || passage.text).slice(0, QUOTED) };
  }
}
