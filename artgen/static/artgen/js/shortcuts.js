/**
 * Keyboard shortcuts: which keys they have (declared in artgen/web/shortcuts.py), the list that "?"
 * opens, the switch for keys without Ctrl, which speech input may trigger (WCAG 2.1.4), and that for
 * what Enter does.
 */

import { part } from "./http.js"

const { page, keys } = JSON.parse(
  document.getElementById("shortcut-keys")?.textContent ?? '{"page": "/shortcuts/", "keys": {}}',
)
const SINGLE_KEYS = "picture-keys" // in localStorage: "off" turns single keys off
const ENTER_ADDS_LINE = "enter-adds-line" // in localStorage: "on" lets Enter begin a new line
const SINGLE_KEY = /^(Shift\+)?[^ ]$/ // what speech input may type
const TEXT_FIELDS =
  "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select," +
  " [contenteditable]"
const COMPOSING = 229 // `keyCode`: Safari's Enter that ends a composition has nothing else
// Of the Russian layout and others like it, by the place of the key.
const SYMBOLS = { BracketLeft: "[", BracketRight: "]" }
const SLASHES = { ".": "/", ",": "?" }

/** Return whether a key press is the shortcut of this name, on any keyboard layout. */
export function pressed(event, name) {
  const key = keyOf(event)
  if (!keys[name]?.includes(key)) return false
  return !SINGLE_KEY.test(key) || singleKeysAreOn()
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
  return kept(SINGLE_KEYS) !== "off"
}

/**
 * Return whether Enter in a prompt creates images. With a keyboard on the screen, it begins a new
 * line.
 */
export function enterCreates() {
  return kept(ENTER_ADDS_LINE) !== "on" && matchMedia("(hover: hover)").matches
}

/** Return whether this key press in a prompt is the Enter that creates images. */
export function isCreatingEnter(event) {
  const hasModifier = event.shiftKey || event.altKey || event.ctrlKey || event.metaKey
  const composes = event.isComposing || event.keyCode === COMPOSING
  return event.key === "Enter" && !hasModifier && !composes && enterCreates()
}

function kept(name) {
  try {
    return localStorage.getItem(name)
  } catch {
    return null // no storage: as nobody has changed it
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
      toggle(SINGLE_KEYS, singleKeysAreOn() ? "off" : "on")
    } else if (event.target.closest("[data-enter-line]")) {
      toggle(ENTER_ADDS_LINE, kept(ENTER_ADDS_LINE) === "on" ? "off" : "on")
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
  showSwitches(root)
  if (!/^Mac/.test(navigator.platform)) return
  for (const key of root.querySelectorAll("#shortcuts kbd"))
    if (key.textContent === "Ctrl") key.textContent = "⌘"
}

function toggle(name, value) {
  try {
    localStorage.setItem(name, value)
  } catch {
    return // no storage: they stay as they are
  }
  showSwitches(document)
}

function showSwitches(root) {
  for (const button of root.querySelectorAll("[data-single-keys]"))
    button.setAttribute("aria-checked", String(singleKeysAreOn()))
  for (const button of root.querySelectorAll("[data-enter-line]"))
    button.setAttribute("aria-checked", String(kept(ENTER_ADDS_LINE) === "on"))
  for (const hint of root.querySelectorAll("[data-modifier]")) hint.hidden = enterCreates()
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
