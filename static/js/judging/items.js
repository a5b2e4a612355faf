// What is handed out: a candidate, or a pair of them. Answers name what they are about in the same
// fields as items, so that one function knows both.

/** Return what an item is known by, or what an answer is about; "" for an undo. */
export const keyOf = ({ pair, candidate }) => String(pair ?? candidate ?? "");

/** Return which wording of its passages an item shows. */
export function revisionOf({ passage, candidates }) {
  return passage ? passage.revision : candidates.map((side) => side.passage.revision).join(":");
}
