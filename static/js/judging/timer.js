// Active seconds on an item: not while the page is hidden or a panel is open, and a pause longer than
// IDLE counts as IDLE. On the browser's steady clock: nobody's setting of the time changes it.

const IDLE = 30_000; // ms

export class Timer {
  constructor() {
    this.paused = false;
    for (const name of ["keydown", "pointermove", "pointerdown", "scroll", "focus"]) {
      addEventListener(name, () => this.tick(), { passive: true, capture: true });
    }
    document.addEventListener("visibilitychange", () => this.resume());
    this.restart();
  }

  restart() {
    this.active = 0;
    this.seen = this.running ? performance.now() : null;
  }

  get running() {
    return !document.hidden && !this.paused;
  }

  pause(paused) {
    this.paused = paused;
    this.resume();
  }

  /** Count what was active until now, and go on counting only if anybody looks. */
  resume() {
    this.tick();
    this.seen = this.running ? performance.now() : null;
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
