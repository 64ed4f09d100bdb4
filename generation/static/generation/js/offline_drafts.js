/** Prompts that the user wrote on the offline page (artgen/offline.js), handed to the form once. */

const KEY = "artgen:offline:" // + user id; without one, written before anybody signed in

/** Return the prompts, newest first, and remove them from where the offline page keeps them. */
export function takeOfflineDrafts(user) {
  const keys = [KEY + user, KEY]
  const texts = keys.flatMap(read).filter((text) => typeof text === "string" && text.trim())
  for (const key of keys) remove(key)
  return [...new Set(texts)]
}

function read(key) {
  try {
    const found = JSON.parse(localStorage.getItem(key))
    return Array.isArray(found) ? found : []
  } catch {
    return [] // no storage, or not ours
  }
}

function remove(key) {
  try {
    localStorage.removeItem(key)
  } catch {
    // No storage: there was nothing to read either.
  }
}
