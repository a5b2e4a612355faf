// Keys of the page: letters and digits work wherever nobody writes, the others where nothing else
// would take them.

const OFF = "arbiter:single-keys"; // "off" where somebody wants no key of one character to act
const CONTROLS = "a, button, input, select, summary, textarea";

/**
 * Call what a key stands for, in either case of it; `other` finds the action of every other key.
 * An action that returns false leaves the key to the browser.
 */
export function onKeys(actions, other = () => null) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key.length === 1 && event.key !== " " && localStorage.getItem(OFF) === "off") return;
    const writing = event.target.closest("input:not([type=checkbox]), textarea");
    const taken = event.key.length > 1 || event.key === " " ? event.target.closest(CONTROLS) : writing;
    if (taken && event.key !== "Escape") return;
    const action = actions[event.key.toLowerCase()] ?? other(event.key);
    if (action && action(event) !== false) event.preventDefault();
  });
}

/** Let a checkbox say whether keys of one character act: who speaks to the computer may not want it. */
export function offerKeys(checkbox) {
  checkbox.checked = localStorage.getItem(OFF) !== "off";
  checkbox.addEventListener("change", () => localStorage.setItem(OFF, checkbox.checked ? "on" : "off"));
}
