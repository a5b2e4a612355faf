// Counts the seconds that a person spends on an item: not while the page is hidden, and a pause
// longer than IDLE counts as IDLE.

const IDLE = 30_000; // ms

export class Timer {
  constructor() {
    for (const name of ["keydown", "pointermove", "pointerdown", "scroll", "focus"]) {
      addEventListener(name, () => this.tick(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.tick();
      this.seen = document.hidden ? null : performance.now();
    });
    this.restart();
  }

  restart() {
    this.active = 0;
    this.seen = document.hidden ? null : performance.now();
  }

  tick() {
    if (this.seen === null) return;
    const now = performance.now();
    this.active += Math.min(now - this.seen, IDLE);
    this.seen = now;
  }

  /** Active seconds since `restart`, to the tenth. */
  get seconds() {
    this.tick();
    return Math.round(this.active / 100) / 10;
  }
}
