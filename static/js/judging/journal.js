// A second copy of what waits to be sent, on the disk. A browser writes localStorage there only
// after seconds: what ends it meanwhile (a crash, a power cut) would take the newest answers along.

/** Keeps [key, value] pairs of strings in IndexedDB; where there is none, does nothing. */
export class Journal {
  constructor(name) {
    this.opened = new Promise((resolve) => {
      if (!globalThis.indexedDB) return resolve(null);
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("entries");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(null); // private windows of some browsers
    });
  }

  put(key, value) {
    return this.write((store) => store.put(value, key));
  }

  drop(key) {
    return this.write((store) => store.delete(key));
  }

  /** Return all pairs. */
  async entries() {
    const database = await this.opened;
    if (!database) return [];
    const store = database.transaction("entries").objectStore("entries");
    const [keys, values] = await Promise.all([done(store.getAllKeys()), done(store.getAll())]);
    return keys.map((key, at) => [key, values[at]]);
  }

  async write(change) {
    const database = await this.opened;
    if (!database) return;
    const work = database.transaction("entries", "readwrite", { durability: "strict" });
    change(work.objectStore("entries"));
    work.commit?.();
  }
}

function done(request) {
  return new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve([]);
  });
}
