// What a preference looks like: the better one of two candidates, or a tie.

const QUOTED = 80; // characters of each passage that say what an answer is about
const SAID = { left: "A is better.", right: "B is better.", tie: "A tie." };
const DONE = { left: "preferred A", right: "preferred B", tie: "called it a tie" };

export class Preferences {
  /** Return the answer that a button or key with this value gives to an item, and how that is said. */
  answerTo(value, { candidates: [left, right] }) {
    const given = { left: { prefer: left.candidate }, right: { prefer: right.candidate }, tie: { tie: true } }[value];
    return [given, SAID[value]];
  }

  /** Return the value of the button that an answer to an item came from. */
  chosen(given, { candidates: [left] }) {
    if (given?.tie) return "tie";
    if (given?.prefer) return String(given.prefer) === left.candidate ? "left" : "right";
  }

  /** Say what the person had done with an item. */
  words(given, item) {
    return DONE[this.chosen(given, item)] ?? "skipped it";
  }

  /** Return the fields that tie an answer to its item. */
  about({ pair, query, candidates: [left, right] }) {
    return {
      pair,
      left: left.candidate,
      left_revision: left.passage.revision,
      right_revision: right.passage.revision,
      query_revision: query.revision,
    };
  }

  /** Say which item an answer is about, for the day that it is not accepted. */
  quote({ query, candidates }) {
    const [a, b] = candidates.map(({ passage }) => (passage.title || passage.text).slice(0, QUOTED));
    return { query: query.text.slice(0, 2 * QUOTED), passage: `A: ${a} / B: ${b}` };
  }
}

/** A pair has no evidence: this stands where a page for judgments has it. */
export class NoEvidence extends EventTarget {
  spans = [];
  given = {};
  show() {}
  offer() {}
  leave() {}
}
