// What undo goes back over.

import { keyOf } from "./items.js";

const REACH = 10; // answers

/** The last answers of this tab with their items, so that undo survives a reload. */
export class Undos {
  constructor(key) {
    this.key = key;
    this.entries = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    this.whole = this.empty; // whether all answers since the page came are here, and none from before
  }

  get empty() {
    return this.entries.length === 0;
  }

  /** What the answers are about. */
  get keys() {
    return new Set(this.entries.map(({ item }) => keyOf(item)));
  }

  push(entry) {
    this.whole &&= this.entries.length < REACH;
    this.entries = [...this.entries, entry].slice(-REACH);
    this.save();
  }

  pop() {
    const entry = this.entries.pop();
    this.save();
    return entry;
  }

  /** An answer was given again under a new UUID. */
  rename(earlier, id) {
    for (const entry of this.entries) if (entry.id === earlier) entry.id = id;
    this.save();
  }

  save() {
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.entries));
    } catch {
      sessionStorage.removeItem(this.key); // very long passages: undo then reaches this page only
    }
  }
}
