// What the judging page keeps in this browser for when there is no connection is its person's alone.
// Every page forgets it where somebody else, or nobody, is logged in; logging out forgets it at once.

const FOR = "arbiter:kept-for"; // the id of the person
const CACHES = "arbiter:judge:";
const WORKER = "/judge/"; // where the scope of a judging page's worker ends

const person = document.body.dataset.person ?? "";
const keptFor = localStorage.getItem(FOR);

/** Resolves when nothing of anybody else is left. */
export const settled = keptFor !== null && (keptFor !== person || !person) ? forget() : Promise.resolve();

for (const form of document.querySelectorAll("form[data-leaves]")) form.addEventListener("submit", forget);

/** Say that what is kept from now on is this person's; false where it cannot be said, and so not be kept. */
export function keepFor(whom) {
  try {
    localStorage.setItem(FOR, whom);
  } catch {
    return false; // the storage is full or forbidden
  }
  return true;
}

/** Say whether what is kept is still this person's: another tab may have logged out. */
export function isKeptFor(whom) {
  return localStorage.getItem(FOR) === whom;
}

async function forget() {
  localStorage.setItem(FOR, ""); // first: no other tab keeps anything from now on
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  for (const worker of workers) if (worker.scope.endsWith(WORKER)) await worker.unregister();
  for (const name of (await globalThis.caches?.keys()) ?? []) if (name.startsWith(CACHES)) await caches.delete(name);
  if (localStorage.getItem(FOR) === "") localStorage.removeItem(FOR); // what was broken off is done again
}
