// Answers on their way to the server. Each lies in this browser's storage, under a key of its own
// so that two tabs never overwrite one another, until the server has acknowledged it. Sending one
// twice is harmless: the server knows it by its UUID.

const BATCH = 50;
const PATIENCE = 20_000; // ms until a request counts as lost
const WAIT_FIRST = 400;
const WAIT_MOST = 10_000;

/** Return a version 4 UUID; also where the page was not loaded over HTTPS. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** POST JSON as this session's user; throws on a lost connection and on any status but 2xx. */
export async function post(url, body) {
  const token = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new RefusedError(response.status);
  return response.json();
}

/** The server answered, but with an error. */
export class RefusedError extends Error {
  constructor(status) {
    super(`The server answered ${status}.`);
    this.status = status;
  }
}

/** Emits `change` (count or state), and `result` with `{answer, result}` for each acknowledged one. */
export class Outbox extends EventTarget {
  constructor({ url, prefix }) {
    super();
    this.url = url;
    this.prefix = prefix;
    this.tried = new Set(); // ids that the server may know
    this.memory = new Map(); // where the browser's storage is full or forbidden
    this.last = 0;
    this.wait = WAIT_FIRST;
    this.error = null;
    this.sending = false;
    addEventListener("online", () => this.hurry());
    addEventListener("storage", () => this.changed());
    document.addEventListener("visibilitychange", () => this.hurry());
  }

  /** Answers that wait, oldest first, each with the key that it lies under. */
  waiting() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    const stored = keys.map((key) => ({ key, answer: JSON.parse(localStorage.getItem(key)) }));
    const held = [...this.memory].map(([key, answer]) => ({ key, answer }));
    return [...stored, ...held].filter((entry) => entry.answer).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  get count() {
    return this.waiting().length;
  }

  /** Keep an answer and send it soon. */
  add(answer) {
    this.last = Math.max(Date.now(), this.last + 1);
    const key = `${this.prefix}${String(this.last).padStart(16, "0")}:${answer.id}`;
    try {
      localStorage.setItem(key, JSON.stringify(answer));
    } catch {
      this.memory.set(key, answer);
    }
    this.changed();
    this.flush();
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

  /** Send what waits, one request at a time, until it is acknowledged. */
  async flush() {
    if (this.sending) return;
    const batch = this.waiting().slice(0, BATCH);
    if (!batch.length) return;
    this.sending = true;
    clearTimeout(this.timer);
    try {
      for (const { answer } of batch) this.tried.add(answer.id);
      const { results } = await post(this.url, { judgments: batch.map(({ answer }) => answer) });
      this.error = null;
      this.wait = WAIT_FIRST;
      batch.forEach(({ key, answer }, index) => {
        this.forget(key);
        this.dispatchEvent(new CustomEvent("result", { detail: { answer, result: results[index] } }));
      });
    } catch (error) {
      this.error = error;
      this.timer = setTimeout(() => this.flush(), this.wait);
      this.wait = Math.min(this.wait * 2, WAIT_MOST);
    } finally {
      this.sending = false;
    }
    this.changed();
    if (!this.error) this.flush();
  }
}
