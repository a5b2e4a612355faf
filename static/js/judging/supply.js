// The items that this person holds: fetched ahead, so that the next one is here before it is needed.

import { keyOf } from "./items.js";
import { post } from "./outbox.js";
import { MOST, Stock } from "./stock.js";

const EXACT = 1000; // a larger number from the server may be a minute old
const MINUTE = 200; // answers that one person makes in a minute, at most
const QUERIES = 2; // the one that is shown as a list, and the next
const QUERIES_MOST = 5; // what one call may lease

/**
 * `first` are the items that came with the page, `remaining` is how many were open to the person then,
 * and `latest` the ids of the newest answers that the server had, and counted for the page, by then.
 * Those of `doubted`, answered here just before, may be from before that answer: they count
 * only once a fetch has confirmed them. `whole` fetches all candidates of a query together; `spared`
 * says that the server need not send again what is here. `usual` is the person's pace, in ms an answer;
 * `judges` is how many judge now.
 * Emits `change` when a fetch has ended.
 */
export class Supply extends EventTarget {
  constructor({ url, person, first, remaining, latest, doubted, outbox, whole, spared, usual, judges }) {
    super();
    Object.assign(this, { url, person, outbox, whole, spared });
    this.stock = new Stock(usual, judges);
    const waiting = outbox.waiting().map(({ answer }) => answer);
    const gone = answeredIn(waiting);
    this.gone = new Set(gone.map(keyOf)); // what was answered here: an older lease must not bring them back
    this.unseen = unseenOf(gone, waiting, new Set(latest)); // answers on their way that the page has not counted
    this.settled = new Map(); // when the server acknowledged that: what it leases later is to be judged anew
    outbox.addEventListener("result", ({ detail: { answer } }) => {
      if (keyOf(answer)) this.settled.set(keyOf(answer), performance.now());
    });
    this.queue = first.filter((item) => !this.gone.has(keyOf(item)) && !doubted.has(keyOf(item)));
    this.error = null;
    this.complete = false; // whether the last fetch knew of everything that was answered here
    this.remaining = remaining - this.unseen; // open to this person, less what is on its way
    this.turn = 0; // counts answers and undos, to tell whether a fetch is still up to date
  }

  /** Take an item away; its answer lies in the outbox. */
  take(key) {
    this.settled.delete(key);
    if (this.gone.has(key)) return;
    this.queue = this.queue.filter((item) => keyOf(item) !== key);
    this.gone.add(key);
    this.remaining -= 1;
    this.turn += 1;
    this.stock.answered();
    if (this.low) this.refill();
  }

  /** Put an undone item back in front. */
  give(item) {
    this.missing(keyOf(item));
    this.queue.unshift(item);
  }

  /** An answer was undone: the item is open again, wherever it is. */
  missing(key) {
    this.gone.delete(key);
    this.remaining += 1;
    this.turn += 1;
  }

  get low() {
    if (this.whole) return this.begun < this.queries;
    return this.queue.length < this.stock.wanted(this.remaining).low;
  }

  /** How many queries there are items of. */
  get begun() {
    return new Set(this.queue.map(({ query }) => query.id)).size;
  }

  /** How many queries are wanted where they are as long as those that are here. */
  get queries() {
    const { ahead } = this.stock.wanted(this.remaining);
    const long = Math.max(this.queue.length / Math.max(this.begun, 1), 1);
    return Math.min(Math.max(Math.ceil(ahead / long), QUERIES), QUERIES_MOST);
  }

  /** What a fetch asks for: all that is held, which renews it, what is on its way, and more. */
  get wish() {
    const held = this.spared ? { known: this.queue.map(keyOf) } : {};
    if (this.whole) return { queries: this.queries, ...held };
    const asked = this.stock.asked(this.remaining, this.queue.length);
    return { count: Math.min(asked + this.outbox.count, MOST), ...held };
  }

  /** Renew what is held and fetch more. */
  async refill() {
    if (this.fetching) return;
    this.fetching = true;
    const settled = this.outbox.count === 0;
    const { turn } = this;
    const began = performance.now();
    try {
      const { items, known = [], remaining } = await post(this.url, this.wish, this.person);
      this.complete = settled && turn === this.turn;
      this.merge(items, known, this.complete, began);
      if (this.complete && !this.stale(remaining)) this.remaining = remaining;
      this.error = null;
    } catch (error) {
      this.error = error;
    } finally {
      this.fetching = false;
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Whether a number from the server is of before this person's last answers. */
  stale(remaining) {
    const more = remaining - this.remaining;
    return remaining > EXACT && more > 0 && more <= MINUTE;
  }

  /** Add what is new; where nothing else is under way, drop what a colleague has taken over. */
  merge(items, still, complete, began) {
    const leased = new Set([...still, ...items.map(keyOf)]);
    const first = this.queue[0];
    const shown = (item) => item === first || (this.whole && item.query.id === first.query.id);
    if (complete) this.queue = this.queue.filter((item) => shown(item) || leased.has(keyOf(item)));
    const known = new Set(this.queue.map(keyOf));
    const again = (item) => this.settled.get(keyOf(item)) < began;
    for (const item of items) {
      if (known.has(keyOf(item)) || (this.gone.has(keyOf(item)) && !again(item))) continue;
      this.gone.delete(keyOf(item));
      this.queue.push(item);
    }
  }
}

/** Of what waits, the answers without an undo. */
function answeredIn(waiting) {
  const undone = new Set(waiting.map(({ withdraw }) => withdraw));
  return waiting.filter((answer) => keyOf(answer) && !undone.has(answer.id));
}

/** By how much the page's count of answers falls short of what waits: an undo of one that it has counts less. */
function unseenOf(gone, waiting, latest) {
  const undone = waiting.filter(({ withdraw }) => latest.has(withdraw));
  return new Set(gone.filter(({ id }) => !latest.has(id)).map(keyOf)).size - undone.length;
}
