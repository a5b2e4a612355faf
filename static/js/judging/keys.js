// Keys of the page: letters and digits work wherever nobody writes, the others where nothing else
// would take them.

const CONTROLS = "a, button, input, select, summary, textarea";

/**
 * Call what a key stands for, in either case of it; `other` finds the action of every other key.
 * An action that returns false leaves the key to the browser.
 */
export function onKeys(actions, other = () => null) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    const writing = event.target.closest("input:not([type=checkbox]), textarea");
    const taken = event.key.length > 1 || event.key === " " ? event.target.closest(CONTROLS) : writing;
    if (taken && event.key !== "Escape") return;
    const action = actions[event.key.toLowerCase()] ?? other(event.key);
    if (action && action(event) !== false) event.preventDefault();
  });
}
