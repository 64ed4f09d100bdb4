/**
 * Keyboard shortcuts: which keys they have (declared in artgen/web/shortcuts.py), the list that "?"
 * opens, and the switch for keys without Ctrl, which speech input may trigger (WCAG 2.1.4).
 */

import { part } from "./http.js"

const { page, keys } = JSON.parse(
  document.getElementById("shortcut-keys")?.textContent ?? '{"page": "/shortcuts/", "keys": {}}',
)
const SWITCH = "picture-keys" // in localStorage: "off" turns single keys off
const TEXT_FIELDS =
  "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select," +
  " [contenteditable]"
// Of the Russian layout and others like it, by the place of the key.
const SYMBOLS = { BracketLeft: "[", BracketRight: "]" }
const SLASHES = { ".": "/", ",": "?" }

/** Return whether a key press is the shortcut of this name, on any keyboard layout. */
export function pressed(event, name) {
  const key = keyOf(event)
  if (!keys[name]?.includes(key)) return false
  return key.length > 1 || key === " " || singleKeysAreOn()
}

/** Return the first of these names whose shortcut is pressed, undefined if none is. */
export function pressedOf(event, names) {
  return names.find((name) => pressed(event, name))
}

/** Return whether the key press belongs to a text field. */
export function isTyping(event) {
  return Boolean(event.target.closest?.(TEXT_FIELDS))
}

/** Return whether shortcuts without a modifier are turned on. */
export function singleKeysAreOn() {
  try {
    return localStorage.getItem(SWITCH) !== "off"
  } catch {
    return true // no storage: nobody has turned them off
  }
}

export function wireShortcuts() {
  prepare(document)
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || isTyping(event) || !pressed(event, "help")) return
    event.preventDefault()
    open()
  })
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-shortcuts-open]")
    if (opener && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault()
      opener.closest("[popover]")?.hidePopover()
      open()
    } else if (event.target.closest("[data-single-keys]")) {
      toggleSingleKeys()
    }
  })
}

async function open() {
  let dialog = document.getElementById("shortcuts-dialog")
  if (dialog?.open || document.querySelector("main #shortcuts")) return
  if (!dialog) {
    try {
      dialog = dialogOf((await part(page)).fragment.querySelector("#shortcuts"))
    } catch {
      location.assign(page) // shows what is wrong
      return
    }
    if (document.getElementById(dialog.id)) return // the key was pressed twice
    document.body.append(dialog)
  }
  dialog.showModal()
}

function dialogOf(list) {
  const dialog = document.createElement("dialog")
  dialog.id = "shortcuts-dialog"
  dialog.className = "dialog shortcuts-dialog"
  dialog.setAttribute("aria-labelledby", "shortcuts-title")
  dialog.append(list)
  list.querySelector("[data-shortcuts-close]").hidden = false
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-shortcuts-close]")) dialog.close()
  })
  prepare(dialog)
  return dialog
}

/** Show the switch and the names of a Mac's keys. */
function prepare(root) {
  for (const row of root.querySelectorAll("[data-single-keys-row]")) row.hidden = false
  showSingleKeys(root)
  if (!/^Mac/.test(navigator.platform)) return
  for (const key of root.querySelectorAll("#shortcuts kbd"))
    if (key.textContent === "Ctrl") key.textContent = "⌘"
}

function toggleSingleKeys() {
  try {
    localStorage.setItem(SWITCH, singleKeysAreOn() ? "off" : "on")
  } catch {
    return // no storage: they stay on
  }
  showSingleKeys(document)
}

function showSingleKeys(root) {
  for (const button of root.querySelectorAll("[data-single-keys]"))
    button.setAttribute("aria-checked", String(singleKeysAreOn()))
}

/** Return a key press as the declaration writes it: "f", "Mod+Enter", "Shift+ArrowLeft". */
function keyOf(event) {
  const key = latin(event)
  const hasShift = event.shiftKey && (key.length > 1 || /[a-z]/.test(key))
  const parts = [
    (event.ctrlKey || event.metaKey) && "Mod",
    event.altKey && "Alt",
    hasShift && "Shift",
    key,
  ]
  return parts.filter(Boolean).join("+")
}

/** Return the key as on a Latin layout. */
function latin({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase()
  if (code === "Slash" && key in SLASHES) return SLASHES[key]
  if (/[^\0-\x7f]/.test(key) && key.length === 1) {
    const letter = code?.match(/^Key([A-Z])$/)?.[1].toLowerCase()
    return letter ?? SYMBOLS[code] ?? key
  }
  return key
}
