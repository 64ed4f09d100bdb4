/**
 * The service worker: shows the offline page where there is no connection, receives what another
 * app shares with ArtGen, shows push notifications and keeps their subscription.
 *
 * It stores the offline page with its files, and what was shared until the Create page takes it;
 * never a page, an image or an answer of the API. All come from the network, so an update of the
 * site is seen at once. artgen/web/web_app.py writes `settings` before this text; a new `version`
 * makes browsers install the worker again.
 */

const OFFLINE = "artgen-offline"
const SHARED = "artgen-shared" // as in generation/js/shared_in.js
const MAX_FILES = 8
const MAX_TEXT = 4000 // characters

self.addEventListener("install", (event) => event.waitUntil(install()))
self.addEventListener("activate", (event) => event.waitUntil(activate()))

self.addEventListener("fetch", (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (origin !== location.origin) return
  if (request.mode !== "navigate") {
    if (settings.files.includes(pathname)) event.respondWith(fileOf(request))
  } else if (request.method === "GET") {
    event.respondWith(pageOf(event))
  } else if (request.method === "POST" && pathname === settings.share) {
    event.respondWith(receive(request))
  }
})

self.addEventListener("push", (event) => {
  if (event.data) event.waitUntil(notify(event.data.json()))
})

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)))

self.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(openPage(event.notification.data.url))
})

async function install() {
  const cache = await caches.open(OFFLINE)
  const addresses = [settings.offline, ...settings.files]
  await cache.addAll(addresses.map((address) => new Request(address, { cache: "no-cache" })))
  await self.skipWaiting()
}

/** Remove the files of earlier versions. */
async function activate() {
  const kept = [settings.offline, ...settings.files]
  const cache = await caches.open(OFFLINE)
  for (const request of await cache.keys())
    if (!kept.includes(new URL(request.url).pathname)) await cache.delete(request)
  await self.registration.navigationPreload?.enable()
  await self.clients.claim()
}

async function pageOf(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request))
  } catch {
    const cache = await caches.open(OFFLINE)
    return (await cache.match(settings.offline)) ?? Response.error()
  }
}

async function fileOf(request) {
  try {
    return await fetch(request)
  } catch {
    const cache = await caches.open(OFFLINE)
    return (await cache.match(request, { ignoreSearch: true })) ?? Response.error()
  }
}

/** Keep what was shared for the Create page, and lead there. */
async function receive(request) {
  await caches.delete(SHARED)
  const form = await request.formData()
  const texts = ["text", "title", "url"].map((name) => form.get(name))
  const text = texts.find((value) => typeof value === "string" && value.trim()) ?? ""
  const images = form.getAll("images").filter((value) => value instanceof File && value.size)
  const files = images.filter((file) => file.size <= settings.maxBytes).slice(0, MAX_FILES)
  const tooLarge = images.filter((file) => file.size > settings.maxBytes)
  const cache = await caches.open(SHARED)
  for (const [index, file] of files.entries())
    await cache.put(`${settings.share}${index}/`, new Response(file))
  const about = {
    at: Date.now(),
    text: text.trim().slice(0, MAX_TEXT),
    files: files.map(({ name, type }) => ({ name, type })),
    tooLarge: tooLarge.map(({ name, size }) => ({ name, size })),
  }
  await cache.put(settings.share, Response.json(about))
  return Response.redirect(`${settings.create}?shared=1`, 303)
}

/** Say that a run has ended, unless its user looks at ArtGen. */
async function notify({ title, url, tag }) {
  const pages = await self.clients.matchAll({ type: "window" })
  // Safari withdraws the permission of sites that receive a message and show nothing.
  const mayStaySilent = /Chrome|Firefox/.test(navigator.userAgent)
  if (mayStaySilent && pages.some((page) => page.visibilityState === "visible")) return
  const options = { tag, icon: settings.icon, data: { url } }
  await self.registration.showNotification(title, options)
}

/** The push service has replaced the subscription: the server gets the new one in its place. */
async function renew({ oldSubscription, newSubscription }) {
  if (!oldSubscription) return // as after "Turn off" the profile offers to turn it on
  const { options } = oldSubscription
  const subscription = newSubscription ?? (await self.registration.pushManager.subscribe(options))
  const { endpoint, keys } = subscription.toJSON()
  const key = btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)))
  const body = new URLSearchParams({
    url: endpoint,
    p256dh: keys.p256dh,
    auth: keys.auth,
    server_key: key.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, ""),
    replaces: oldSubscription.endpoint,
  })
  const token = await self.cookieStore?.get(settings.csrfCookie)
  const headers = { "X-CSRFToken": token?.value ?? "" }
  await fetch(settings.push, { method: "POST", headers, body })
}

async function openPage(url) {
  const [page] = await self.clients.matchAll({ type: "window" })
  if (!page) return self.clients.openWindow(url)
  await page.focus()
  return page.navigate(url)
}
