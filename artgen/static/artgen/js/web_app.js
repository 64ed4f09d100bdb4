/**
 * ArtGen as an installed app: the service worker, the offline page in the language and theme of the
 * pages, and what this browser forgets at sign-out.
 */

const LOOK = "artgen:offline-look" // language and theme of the stored offline page
const USER = "artgen:user" // whose drafts the offline page shows
const DRAFTS_OF_NOBODY = "artgen:offline:"
const OFFLINE = "artgen-offline" // caches, as in service_worker.js
const SHARED = "artgen-shared"

export function wireWebApp() {
  const { dataset } = document.getElementById("web-app") ?? {}
  if (!dataset) return
  remember()
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === dataset.signOut) forget()
  })
  if (!navigator.serviceWorker) return // not over https
  if (document.readyState === "complete") install(dataset)
  else addEventListener("load", () => install(dataset))
}

async function install({ worker, offline }) {
  try {
    const registration = await navigator.serviceWorker.register(worker)
    if (registration) await storeOfflinePage(offline)
  } catch {
    // Storage is full or turned off: the site works without.
  }
}

/** Store the offline page again if language or theme have changed. */
async function storeOfflinePage(address) {
  const look = `${document.documentElement.lang} ${document.documentElement.dataset.theme ?? ""}`
  if (localStorage.getItem(LOOK) === look) return
  const cache = await caches.open(OFFLINE)
  await cache.add(new Request(address, { cache: "no-cache" }))
  localStorage.setItem(LOOK, look)
}

function remember() {
  try {
    if (document.body.dataset.user) localStorage.setItem(USER, document.body.dataset.user)
  } catch {
    // No storage: the offline page has no drafts either.
  }
}

/** Drafts by user id stay for their user, but the offline page shows them no longer. */
function forget() {
  try {
    localStorage.removeItem(USER)
    localStorage.removeItem(DRAFTS_OF_NOBODY)
  } catch {
    // No storage: nothing is stored.
  }
  globalThis.caches?.delete(SHARED).catch(() => {})
  unsubscribe().catch(() => {})
}

/** The server has forgotten this browser already; its push service need not keep it. */
async function unsubscribe() {
  const registration = await navigator.serviceWorker?.getRegistration()
  const subscription = await registration?.pushManager?.getSubscription()
  await subscription?.unsubscribe()
}
