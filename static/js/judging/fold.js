// A long text, folded to the room there is, with the first of the query's words in sight.

const SLACK = 1.25; // a text that is only so much longer is shown whole

export class Fold {
  /** `button` unfolds `text`; it is hidden where there is nothing to unfold. */
  constructor(text, button) {
    this.text = text;
    this.button = button;
    button.addEventListener("click", () => this.open());
  }

  get folded() {
    return this.text.classList.contains("folded");
  }

  /** Fold the text if it takes much more than `room` pixels. */
  fit(room) {
    this.prepare(room);
    this.measure();
    this.settle();
  }

  // In three steps, so that a list measures all its texts in one layout.
  prepare(room) {
    this.room = room;
    this.text.style.setProperty("--room", `${room}px`);
    this.text.classList.add("folded");
    this.text.scrollTop = 0;
  }

  measure() {
    const { text, room } = this;
    this.long = text.scrollHeight > room * SLACK;
    const first = this.long ? text.querySelector("mark") : null;
    this.below = first ? first.getBoundingClientRect().bottom - text.getBoundingClientRect().top : 0;
  }

  settle() {
    const { text, room, long, below } = this;
    text.classList.toggle("folded", long);
    this.button.hidden = !long;
    if (!long) return;
    this.button.querySelector(".length").textContent = text.textContent.length.toLocaleString("en");
    if (below > room * 0.8) text.scrollTop = below - room / 3;
    text.classList.toggle("headless", text.scrollTop > 0);
  }

  /** Show the whole text; what was in sight stays where it is. */
  open() {
    if (!this.folded) return;
    const { text } = this;
    const above = text.scrollTop;
    text.classList.remove("folded", "headless");
    this.button.hidden = true;
    if (above) scrollBy({ top: above, behavior: "instant" });
  }
}
