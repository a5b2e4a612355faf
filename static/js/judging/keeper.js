// The items that are held, kept on the disk beside the page itself (judge-worker.js), for a reload
// without a connection. Only over HTTPS or on this computer: elsewhere browsers keep no pages.

import { isKeptFor, keepFor, settled } from "../kept.js";
import { keyOf } from "./items.js";

const SOON = 2000; // ms from a change until it is written

/** Keeps what a supply holds, for one person; `paired` says of which kind it is. */
export class Keeper {
  constructor({ person, paired }) {
    Object.assign(this, { person, paired, able: Boolean(navigator.serviceWorker && globalThis.caches) });
    this.page = location.pathname;
    this.name = `arbiter:judge:${this.page}`; // of the cache, in which the page lies as well
    this.key = `${this.page}items`;
  }

  /** Return what was kept where this page comes from the worker, or else null. */
  async restored() {
    if (!("kept" in document.documentElement.dataset) || !this.able) return null;
    const answer = await caches.match(this.key, { cacheName: this.name });
    const kept = await answer?.json();
    return kept?.person === this.person && kept.paired === this.paired ? kept : null;
  }

  /** Install the worker, and from now on keep what changes. */
  async begin(worker, supply, session) {
    if (!this.able) return;
    await settled;
    if (!keepFor(this.person)) return;
    Object.assign(this, { supply, session });
    for (const each of [supply, supply.outbox]) each.addEventListener("change", () => this.changed());
    this.changed();
    if ("kept" in document.documentElement.dataset) return;
    await navigator.serviceWorker.register(worker).catch(() => null);
    const { active } = await navigator.serviceWorker.ready;
    const parts = performance.getEntriesByType("resource").filter(({ initiatorType }) => initiatorType !== "fetch");
    active.postMessage({ keep: parts.map(({ name }) => name) });
  }

  changed() {
    this.timer ??= setTimeout(() => this.save(), SOON);
  }

  async save() {
    this.timer = null;
    if (!isKeptFor(this.person)) return;
    const { supply, session, person, paired } = this;
    const waiting = supply.outbox.waiting().filter(({ answer }) => supply.gone.has(keyOf(answer))).length;
    const counts = { answered: session.done - waiting, remaining: supply.remaining + waiting };
    const kept = JSON.stringify({ person, paired, items: supply.queue, ...counts });
    const cache = await caches.open(this.name);
    await cache.put(this.key, new Response(kept)).catch(() => cache.delete(this.key)); // no room
  }
}
