// Answers on their way to the server. Each lies in this browser's storage, under a key of its own
// so that two tabs never overwrite one another, until the server has acknowledged it. Sending one
// twice is harmless: the server knows it by its UUID.

import { keyOf } from "./items.js";
import { Journal } from "./journal.js";

const BATCH = 50;
const PATIENCE = 20_000; // ms until a request counts as lost
const WAIT_FIRST = 400;
const WAIT_MOST = 10_000;
const ORPHANED = 30_000; // ms after which another tab's answer is sent from here
const DIGITS = 16; // of the time in a key

/** Return a version 4 UUID; also where the page was not loaded over HTTPS. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** POST JSON as `person`; throws on a lost connection, on another's session and any status but 2xx. */
export async function post(url, body, person) {
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token, "X-Arbiter-Person": person },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new RefusedError(response.status, problem.detail ?? "");
}

/** The server answered, but with an error. */
export class RefusedError extends Error {
  constructor(status, detail) {
    super(detail || `The server answered ${status}.`);
    this.status = status;
    this.detail = detail;
  }

  /** Whether one of the answers sent may be what the server stumbled over. */
  get ofContent() {
    return this.status === 400 || this.status === 413 || this.status >= 500;
  }
}

/**
 * Answers of one kind, which go to `url` as the list `field` and lie under keys that begin with `prefix`.
 * Emits `change` (count or state), and `result` with `{answer, about, result}` for each acknowledged one.
 */
export class Outbox extends EventTarget {
  constructor({ url, field, prefix, person }) {
    super();
    Object.assign(this, { url, field, prefix, person });
    this.journal = new Journal("arbiter:answers");
    this.aside = new Set(); // items an answer to which failed alone: theirs are sent after the others
    this.memory = new Map(); // where the browser's storage is full or forbidden
    this.wait = WAIT_FIRST;
    this.size = BATCH;
    this.error = null;
    this.sending = false;
    const left = this.waiting();
    this.own = new Set(left.map(({ answer }) => answer.id)); // ids that this tab sends
    this.tried = new Set(this.own); // ids that the server may know: of what was under way before a reload, too
    this.last = Math.max(0, ...left.map(({ key }) => this.timeOf(key))); // a clock may go back
    addEventListener("online", () => this.hurry());
    addEventListener("storage", () => this.changed());
    document.addEventListener("visibilitychange", () => this.hurry());
    setInterval(() => this.flush(), ORPHANED);
    this.restored = this.restore();
  }

  /** Bring back what a crash kept from the browser's storage. */
  async restore() {
    for (const [key, value] of await this.journal.entries()) {
      if (!key.startsWith(this.prefix) || localStorage.getItem(key) !== null) continue;
      const { id } = JSON.parse(value).answer;
      this.own.add(id);
      this.tried.add(id);
      this.last = Math.max(this.last, this.timeOf(key));
      this.keep(key, value);
    }
    this.changed();
  }

  timeOf(key) {
    return Number(key.slice(this.prefix.length, this.prefix.length + DIGITS));
  }

  keys() {
    const stored = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    return [...stored, ...this.memory.keys()].sort();
  }

  /** Answers that wait, oldest first, each with its key and what it is about. */
  waiting() {
    const entries = this.keys().map((key) => ({ key, value: this.memory.get(key) ?? localStorage.getItem(key) }));
    return entries.filter(({ value }) => value).map(({ key, value }) => ({ key, ...JSON.parse(value) }));
  }

  get count() {
    return this.keys().length;
  }

  /** Keep an answer to an item, or an undo of one, and send it soon; `about` says the item in words. */
  add(answer, item, about) {
    this.last = Math.max(Date.now(), this.last + 1);
    const key = `${this.prefix}${String(this.last).padStart(DIGITS, "0")}:${answer.id}`;
    const value = JSON.stringify({ answer, item: keyOf(item), about });
    this.own.add(answer.id);
    this.keep(key, value);
    this.journal.put(key, value);
    this.changed();
    this.flush();
  }

  keep(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      this.memory.set(key, value);
    }
  }

  /** Take back an answer that was never sent; false if the server may know it. */
  drop(id) {
    const entry = this.waiting().find(({ answer }) => answer.id === id);
    if (!entry || this.tried.has(id)) return false;
    this.forget(entry.key);
    return true;
  }

  forget(key) {
    localStorage.removeItem(key);
    this.memory.delete(key);
    this.journal.drop(key);
    this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Try now instead of when the wait is over. */
  hurry() {
    clearTimeout(this.timer);
    this.wait = WAIT_FIRST;
    this.flush();
  }

  /**
   * What to send next: this tab's, or what another tab has left; what failed alone comes last, and with
   * it whatever is about the same item: a newer answer must not come before the one that it changes.
   */
  batch() {
    const now = Date.now();
    const ours = ({ key, answer }) => this.own.has(answer.id) || Math.abs(now - this.timeOf(key)) > ORPHANED;
    const failed = ({ item }) => this.aside.has(item);
    const entries = this.waiting().filter(ours);
    return [...entries.filter((entry) => !failed(entry)), ...entries.filter(failed)].slice(0, this.size);
  }

  /** Send what waits, one request at a time, until it is acknowledged. */
  async flush() {
    if (this.sending) return;
    const batch = this.batch();
    if (!batch.length) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (const { answer } of batch) this.tried.add(answer.id);
      const { results } = await post(this.url, { [this.field]: batch.map(({ answer }) => answer) }, this.person);
      this.error = null;
      this.wait = WAIT_FIRST;
      this.size = BATCH;
      batch.forEach(({ key, answer, item, about }, index) => {
        this.forget(key);
        this.aside.delete(item);
        this.dispatchEvent(new CustomEvent("result", { detail: { answer, about, result: results[index] } }));
      });
    } catch (error) {
      this.error = error;
      if (error.ofContent) this.narrow(batch);
      this.timer = setTimeout(() => this.flush(), this.wait);
      this.wait = Math.min(this.wait * 2, WAIT_MOST);
    } finally {
      this.sending = false;
    }
    this.changed();
    if (!this.error) this.flush();
  }

  /** One answer that the server stumbles over must not keep the others back. */
  narrow(batch) {
    this.size = Math.ceil(batch.length / 2);
    if (batch.length === 1) this.aside.add(batch[0].item);
  }
}
