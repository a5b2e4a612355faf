// The judging page where there is no connection: a reload brings the page back as it was kept, with
// the answers that wait and the items that were fetched. While the server answers, with whatever it
// answers, that is what shows. Its scope is one project's judging page.

const PAGE = new URL(self.registration.scope).pathname;
const NAME = `arbiter:judge:${PAGE}`; // of the cache; kept.js and keeper.js know it
const LIVE = 'id="answer"'; // only a page with something to judge is of use
const STATIC = ["script", "style", "image", "font"];

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") {
    if (pathname === PAGE) event.respondWith(page(event));
  } else if (STATIC.includes(request.destination)) event.respondWith(asset(event));
});

// A page that has come names what it consists of; the first one came without this worker.
self.addEventListener("message", (event) => event.waitUntil(keepAll(event.data.keep)));

async function page(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(note(answer.clone()));
    return answer;
  } catch (error) {
    const kept = await caches.match(PAGE, { cacheName: NAME });
    if (!kept) throw error;
    return kept;
  }
}

/** Keep the page; where the server shows this person none any more, forget it. */
async function note(answer) {
  if (answer.status >= 500) return;
  const text = answer.ok && !answer.redirected ? await answer.text() : "";
  if (!text.includes(LIVE)) return caches.delete(NAME);
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  const cache = await caches.open(NAME);
  await cache.put(PAGE, new Response(text.replace("<html ", "<html data-kept "), { headers }));
}

async function asset(event) {
  try {
    const answer = await fetch(event.request);
    const copy = answer.clone();
    if (answer.ok) event.waitUntil(refresh(event.request.url, copy));
    return answer;
  } catch (error) {
    const kept = await caches.match(event.request.url, { cacheName: NAME, ignoreVary: true });
    if (!kept) throw error;
    return kept;
  }
}

/** Keep the newest of what belongs to a page that is kept. */
async function refresh(url, answer) {
  if (await caches.match(PAGE, { cacheName: NAME })) await (await caches.open(NAME)).put(url, answer);
}

async function keepAll(addresses) {
  if (!(await caches.match(PAGE, { cacheName: NAME }))) await note(await fetch(PAGE, { redirect: "manual" }));
  if (!(await caches.match(PAGE, { cacheName: NAME }))) return;
  const cache = await caches.open(NAME);
  for (const { url } of await cache.keys()) {
    const { pathname } = new URL(url);
    if (!pathname.startsWith(PAGE) && !addresses.includes(url)) await cache.delete(url);
  }
  for (const url of addresses) if (!(await cache.match(url))) await cache.add(url).catch(() => null);
}
