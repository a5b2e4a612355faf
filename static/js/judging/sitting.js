// A sitting: what was judged here without a long pause, in whichever tab; the page sums it up.

const ENOUGH = 5; // answers that tell a pace
const PAUSE = 30 * 60_000; // ms without an answer that end a sitting

/** Counts of this sitting, in this browser's storage, so that no reload ends it. */
export class Sitting {
  constructor(key) {
    this.key = key;
  }

  /** Return the counts; those of an earlier sitting are over. */
  get counts() {
    const none = { judged: 0, skipped: 0, flagged: 0, seconds: 0, grades: {}, last: Date.now() };
    const kept = JSON.parse(localStorage.getItem(this.key) ?? "null");
    return kept && Math.abs(Date.now() - kept.last) < PAUSE ? kept : none;
  }

  /** The mean active time of an answer in ms, or null where there are too few. */
  get pace() {
    const { judged, skipped, seconds } = this.counts;
    return judged + skipped < ENOUGH ? null : (1000 * seconds) / (judged + skipped);
  }

  /** Count an answer, or with `sign` -1 take it out again; the time that it took stays. */
  count(given, seconds = 0, sign = 1) {
    const counts = this.counts;
    const grade = given.grade ?? (given.tie ? "tie" : given.prefer ? "better" : null);
    if (grade === null) counts.skipped += sign;
    else {
      counts.judged += sign;
      counts.grades[grade] = (counts.grades[grade] ?? 0) + sign;
    }
    if (given.flagged) counts.flagged += sign;
    counts.seconds += seconds;
    counts.last = Date.now();
    try {
      localStorage.setItem(this.key, JSON.stringify(counts));
    } catch {
      // Where the storage is full, answers have precedence.
    }
  }

  end() {
    localStorage.removeItem(this.key);
  }

  /** Fill the table of a sitting; says whether there is anything in it. */
  show(table) {
    const { judged, skipped, flagged, seconds, grades } = this.counts;
    const answers = judged + skipped;
    const cells = { judged, skipped, flagged, active: duration(seconds), pace: answers > 0 ? `${(seconds / answers).toFixed(1)} s` : "–" };
    for (const cell of table.querySelectorAll("[data-count]")) {
      const { count, grade } = cell.dataset;
      cell.textContent = (grade === undefined ? cells[count] : (grades[grade] ?? 0)).toLocaleString("en");
    }
    return answers > 0;
  }
}

/** Say seconds as people do: 45 s, 12 min, 1 h 05 min. */
function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
