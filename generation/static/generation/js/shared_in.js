/**
 * What another app has shared with ArtGen: the service worker keeps it in this browser, and the
 * form gets it.
 *
 * Any site can send the worker such a request. So the form takes it at once only if the browser
 * says that the visit was not begun by a page (`data.shared` is "use"); otherwise the user is asked.
 */

import { number, word } from "../../artgen/js/words.js"
import { toast } from "../../artgen/js/toasts.js"

const CACHE = "artgen-shared" // as in service_worker.js
const ABOUT = "/share-target/"
const HOURS = 1 // kept for somebody who has to sign in first

/** Give the form what was shared; `composer.receive` gets {text, files}. */
export async function receiveShared(composer, data) {
  if (data.shared) {
    const address = new URL(location.href)
    address.searchParams.delete("shared")
    history.replaceState(history.state, "", address) // a reload must not add it again
  }
  const shared = await read()
  if (!shared) return
  if (data.shared === "use") use(shared, composer)
  else ask(shared, composer)
}

async function read() {
  if (!globalThis.caches || !(await caches.has(CACHE))) return null
  const cache = await caches.open(CACHE)
  const about = await (await cache.match(ABOUT))?.json()
  if (!about || Date.now() - about.at > HOURS * 3_600_000) {
    await caches.delete(CACHE)
    return null
  }
  const files = await Promise.all(
    about.files.map(async ({ name, type }, index) => {
      const response = await cache.match(`${ABOUT}${index}/`)
      return new File([await response.blob()], name, { type })
    }),
  )
  return { text: about.text, files, tooLarge: about.tooLarge }
}

async function use({ text, files, tooLarge }, composer) {
  await caches.delete(CACHE)
  for (const { name, size } of tooLarge)
    toast(word("too_large", { name, size: number(Math.ceil(size / 1e6)) }), { kind: "error" })
  await composer.receive({ text, files })
}

function ask(shared, composer) {
  const dialog = document.getElementById("shared-dialog")
  const images = dialog.querySelector("[data-shared-images]")
  dialog.querySelector("[data-shared-text]").textContent = shared.text
  images.replaceChildren(
    ...shared.files.map((file) => {
      const image = new Image()
      image.src = URL.createObjectURL(file)
      image.alt = file.name
      return image
    }),
  )
  dialog.addEventListener(
    "close",
    () => {
      for (const image of images.children) URL.revokeObjectURL(image.src)
      if (dialog.returnValue === "use") use(shared, composer)
      else caches.delete(CACHE)
    },
    { once: true },
  )
  dialog.showModal()
}
