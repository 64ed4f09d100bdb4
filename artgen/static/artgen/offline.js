/**
 * The offline page: keeps prompts in this browser until the Create page takes them, and shows the
 * drafts of the user who was signed in last. It has no other script, so it imports nothing.
 */

const user = read("artgen:user", "")
const WRITTEN = `artgen:offline:${user}` // texts of this page, as in generation/js/offline_drafts.js
const field = document.getElementById("prompt")
const list = document.getElementById("drafts")
const status = document.getElementById("status")
const { saved, notSaved, online, address } = document.getElementById("offline-data").dataset

let texts = textsOf(parsed(WRITTEN))
field.value = texts[0] ?? ""
show()
document.getElementById("offline-write").hidden = false

field.addEventListener("input", () => {
  const others = texts.slice(1)
  texts = field.value.trim() || others.length ? [field.value, ...others] : []
  save()
})

document.getElementById("new-draft").addEventListener("click", () => {
  use("")
})

list.addEventListener("click", (event) => {
  const button = event.target.closest("button")
  if (button) use(button.textContent)
})

addEventListener("online", () => {
  // Somebody who is writing is not interrupted.
  if (document.activeElement === field) status.textContent = online
  else retry()
})

document.getElementById("retry").addEventListener("click", (event) => {
  event.preventDefault()
  retry()
})

function retry() {
  if (location.pathname === address) location.assign("/create/")
  else location.reload()
}

/** Put a text into the field; the one before stays in the list. */
function use(text) {
  texts = [text, ...texts.filter((other) => other.trim() && other !== text)]
  field.value = text
  save()
  show()
  field.focus()
}

function save() {
  const kept = texts.filter((text, index) => index === 0 || text.trim())
  try {
    if (kept.length) localStorage.setItem(WRITTEN, JSON.stringify(kept))
    else localStorage.removeItem(WRITTEN)
    status.textContent = field.value.trim() ? saved : ""
  } catch {
    status.textContent = notSaved
  }
}

/** Show the other texts of this page, and the drafts of the Create page. */
function show() {
  const draft = (user && parsed(`artgen:draft:${user}`)) || []
  const prompt = draft.find((pair) => Array.isArray(pair) && pair[0] === "prompt")?.[1]
  const unsent = user ? textsOf(parsed(`artgen:unsent:${user}`)) : []
  const all = [...texts.slice(1), prompt, ...unsent].filter(
    (text) => typeof text === "string" && text.trim() && text !== field.value,
  )
  const buttons = [...new Set(all)].map((text) => {
    const item = document.createElement("li")
    const button = document.createElement("button")
    button.type = "button"
    button.className = "offline-draft"
    button.textContent = text
    item.append(button)
    return item
  })
  list.replaceChildren(...buttons)
  document.getElementById("offline-drafts").hidden = buttons.length === 0
}

function textsOf(value) {
  return value.filter((text) => typeof text === "string")
}

function parsed(key) {
  try {
    const found = JSON.parse(read(key, "[]"))
    return Array.isArray(found) ? found : []
  } catch {
    return []
  }
}

function read(key, otherwise) {
  try {
    return localStorage.getItem(key) ?? otherwise
  } catch {
    return otherwise
  }
}
