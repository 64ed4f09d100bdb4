/**
 * Popovers <div popover data-from="address">: their content is loaded when they are to open. Without
 * script it is in the page.
 */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"

const loading = new WeakMap() // popover → promise
const sources = new WeakMap() // popover → the address of its content
const changes = new WeakMap() // popover → promise of changes to await before its content is loaded

/** `data` has the texts of the page. */
export function wireLoadedPopovers(root, data) {
  root.addEventListener(
    "beforetoggle",
    (event) => {
      const popover = event.target
      if (event.newState !== "open" || !("from" in popover.dataset)) return
      event.preventDefault()
      open(popover, data)
    },
    true,
  )
  // Opened before this script was there, and empty.
  for (const popover of root.querySelectorAll("[data-from]:popover-open")) {
    popover.hidePopover()
    open(popover, data)
  }
}

async function open(popover, data) {
  const opener = openerOf(popover)
  opener.ariaBusy = "true"
  try {
    await loaded(popover)
    show(popover.id)
  } catch (problem) {
    showFailure(problem, data)
  }
  opener.removeAttribute("aria-busy")
}

/** Show it unless it is shown: meanwhile it was opened twice, or a new form has replaced it. */
function show(id) {
  const popover = document.getElementById(id)
  if (popover && !popover.matches(":popover-open"))
    popover.showPopover({ source: openerOf(popover) })
}

function openerOf({ id }) {
  return document.querySelector(`[popovertarget="${id}"]`)
}

/** Resolve when the popover has its content, which gets the event "loaded" then; reject with Problem. */
export async function loaded(popover) {
  if (!("from" in popover.dataset)) return
  if (!loading.has(popover)) loading.set(popover, load(popover))
  try {
    await loading.get(popover)
  } finally {
    loading.delete(popover)
  }
}

/** Load its content again when it is to open again, once the promise `change` has resolved. */
export function loadAgain(popover, change) {
  if (!sources.has(popover)) return
  changes.set(popover, Promise.all([changes.get(popover), change]))
  const outdated = () => {
    popover.dataset.from = sources.get(popover)
  }
  if (!popover.matches(":popover-open")) outdated()
  else popover.addEventListener("beforetoggle", outdated, { once: true })
}

async function load(popover) {
  await changes.get(popover)
  const { fragment } = await part(popover.dataset.from)
  const place = popover.querySelector("[data-loaded]") ?? popover
  place.replaceChildren(...(fragment.getElementById(popover.id) ?? fragment).childNodes)
  sources.set(popover, popover.dataset.from)
  delete popover.dataset.from
  popover.dispatchEvent(new CustomEvent("loaded", { bubbles: true }))
}
