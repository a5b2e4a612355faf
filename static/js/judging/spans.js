// Ranges of a text: [start, end) in code points, as the server counts, or in UTF-16 units, as the
// browser does.

const PAIRED = /[\ud800-\udbff]/;

/** Return code point ranges, in order and apart, as ranges of UTF-16 units. */
export function unitsOf(text, ranges) {
  if (!ranges.length || !PAIRED.test(text)) return ranges;
  const wanted = ranges.flat();
  const found = [];
  let points = 0;
  let units = 0;
  for (const character of text) {
    while (wanted[found.length] === points) found.push(units);
    if (found.length === wanted.length) break;
    points += 1;
    units += character.length;
  }
  while (found.length < wanted.length) found.push(units);
  return ranges.map((_, at) => [found[2 * at], found[2 * at + 1]]);
}

/** Return a range of UTF-16 units in code points. */
export function pointsOf(text, [start, end]) {
  const before = [...text.slice(0, start)].length;
  return [before, before + [...text.slice(start, end)].length];
}

/** Return ranges in order, those that overlap or touch made one. */
export function merged(ranges) {
  const found = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = found.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else found.push([start, end]);
  }
  return found;
}

/** Return a range of UTF-16 units without the white space at its ends, or null if nothing is left. */
export function trimmed(text, [start, end]) {
  const inner = text.slice(start, end);
  const from = start + inner.length - inner.trimStart().length;
  const to = from + inner.trim().length;
  return from < to ? [from, to] : null;
}
