// What a person has begun on an item: comment, flag, reason, evidence; kept until it is answered.

import { keyOf, revisionOf } from "./items.js";

const EMPTY = { flagged: false, comment: "", reason: "", evidence: [] };

/** Drafts by candidate or pair, in this tab's storage, so that a reload loses nothing. */
export class Drafts {
  constructor(key) {
    this.key = key;
    this.drafts = new Map(Object.entries(JSON.parse(sessionStorage.getItem(key) ?? "{}")));
  }

  /** Return the draft on an item, or else what the person had answered before they undid it. */
  of(item, given = item.previous) {
    const draft = this.drafts.get(keyOf(item));
    if (draft && draft.revision === revisionOf(item)) return { ...EMPTY, ...draft };
    const reason = typeof given?.skip === "string" ? given.skip : "";
    return { ...EMPTY, flagged: Boolean(given?.flagged), comment: given?.comment ?? "", reason, evidence: given?.evidence ?? [] };
  }

  put(item, draft) {
    this.drafts.set(keyOf(item), { ...draft, revision: revisionOf(item) });
    this.save();
  }

  drop(item) {
    if (this.drafts.delete(keyOf(item))) this.save();
  }

  save() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(Object.fromEntries(this.drafts)));
    } catch {
      sessionStorage.removeItem(this.key);
    }
  }
}
