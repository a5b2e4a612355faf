// A table that is wider than its place is scrolled by keyboard, too, and says what it is.

const FOCUSABLE = "a[href], button, input, select, summary";

const sized = new ResizeObserver((entries) => entries.forEach(({ target }) => offer(target)));
watch(document);
document.addEventListener("htmx:load", ({ target }) => watch(target));

function watch(root) {
  for (const place of root.querySelectorAll(".table-wrap:not([role])")) sized.observe(place);
}

function offer(place) {
  const wide = place.scrollWidth > place.clientWidth && !place.querySelector(FOCUSABLE);
  const given = wide ? { tabindex: 0, role: "region", "aria-label": nameOf(place) } : {};
  for (const name of ["tabindex", "role", "aria-label"]) {
    if (name in given) place.setAttribute(name, given[name]);
    else place.removeAttribute(name);
  }
}

/** Return the table's caption, or the heading before it. */
function nameOf(place) {
  const before = [...document.querySelectorAll("h1, h2, h3")].filter(
    (heading) => heading.compareDocumentPosition(place) & Node.DOCUMENT_POSITION_FOLLOWING,
  );
  return (place.querySelector("caption") ?? before.at(-1))?.textContent.trim() || "Table";
}
