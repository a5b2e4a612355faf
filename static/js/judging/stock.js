// How much is held ahead: what this person judges in two minutes at their own pace, so that a lost
// connection stops nobody, and near the end of a queue no more than leaves something to colleagues.

const AHEAD = 10; // items beyond the one that is shown, before a pace is known; always granted
const LASTS = 120_000; // ms for which what is held is to last
const STEP = 5; // items that are held beyond what has to last: so many come with a fetch, which is cheap
const CLIMB = 20; // items by which a fetch adds to what is held, at most
const SHARE = 2; // of what is left, all who judge now would together hold one in so many
const RECENT = 8; // answers whose pace counts
const KNOWN = 3; // answers from which on there is a pace
const PAUSE = 60_000; // ms: a longer interval is no pace
export const MOST = 100; // what one call may lease

/** The pace of one person of the `judges` who judge at the same time; `usual` is theirs from before, in ms an answer, or null. */
export class Stock {
  constructor(usual = null, judges = 1) {
    this.usual = usual;
    this.judges = Math.max(judges, 1);
    this.intervals = [];
    this.last = null;
  }

  /** Note an answer. */
  answered(now = performance.now()) {
    const interval = this.last === null ? PAUSE : now - this.last;
    this.last = now;
    if (interval < PAUSE) this.intervals = [...this.intervals, interval].slice(-RECENT);
  }

  /** How many items have to last, or null where no pace is known. */
  get lasting() {
    const { intervals, usual } = this;
    const known = intervals.length >= KNOWN;
    const pace = known ? intervals.reduce((sum, each) => sum + each) / intervals.length : usual;
    return pace === null ? null : Math.ceil(LASTS / Math.max(pace, 1));
  }

  /** Return how many items to hold, and below how many to fetch more, where so many remain open. */
  wanted(remaining) {
    const lasting = this.lasting ?? 0;
    const share = Math.max(Math.floor(remaining / SHARE / this.judges), AHEAD);
    const ahead = Math.min(Math.max(lasting + STEP, AHEAD), MOST, share);
    const step = Math.min(STEP, Math.ceil(ahead / 2));
    return { ahead, low: ahead - step };
  }

  /** Return how many items a fetch asks for where `held` are here: it climbs to `ahead` by and by. */
  asked(remaining, held) {
    const { ahead } = this.wanted(remaining);
    return Math.max(Math.min(ahead + 1, held + CLIMB), held);
  }
}
