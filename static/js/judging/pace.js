// How long a person waits: from the key (or click) to the frame that shows what comes next. Written
// as `performance` measures, which `python -m bench judging_page` reads.

export const NEXT = "arbiter:next";
const KEPT = 1000; // measures, of which each is small

/** Measure from the event that is being handled to the end of the frame that paints its effect. */
export function measureNext(start) {
  requestAnimationFrame(() => {
    // A task after the frame's callbacks runs once the frame has been laid out and painted.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      if (performance.getEntriesByName(NEXT).length >= KEPT) performance.clearMeasures(NEXT);
      performance.measure(NEXT, { start, end: performance.now() });
    };
    port2.postMessage(null);
  });
}
