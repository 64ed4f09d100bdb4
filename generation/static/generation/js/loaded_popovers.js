/**
 * Popovers <div popover data-from="address">: their content is loaded when they are to open. Without
 * script it is in the page.
 */

import { part, Problem } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"

const loading = new WeakMap() // popover → promise

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
}

async function open(popover, data) {
  const opener = document.querySelector(`[popovertarget="${popover.id}"]`)
  opener.ariaBusy = "true"
  try {
    await loaded(popover)
    // Meanwhile a new form may have replaced it.
    document.getElementById(popover.id)?.showPopover()
  } catch (problem) {
    showFailure(problem, data)
  }
  opener.removeAttribute("aria-busy")
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

async function load(popover) {
  const { ok, status, fragment } = await part(popover.dataset.from)
  if (!ok) throw new Problem({ status })
  const place = popover.querySelector("[data-loaded]") ?? popover
  place.replaceChildren(...(fragment.getElementById(popover.id) ?? fragment).childNodes)
  delete popover.dataset.from
  popover.dispatchEvent(new CustomEvent("loaded", { bubbles: true }))
}
