/**
 * The dialog to choose one of the user's images as a source: newest first, with search by prompt.
 */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"

const SEARCH_AFTER = 300 // ms without input

/** `useOwn(id)` gets the chosen image, `useMoodboard(id)` a collection. Return what opens the dialog. */
export function wireSourcePicker(data, { useOwn, useMoodboard }) {
  const dialog = document.getElementById("own-images")
  const field = dialog.querySelector("input[type=search]"),
    body = dialog.querySelector("[data-own-body]")
  let timer = 0,
    abort = null

  async function load(address, { more = null } = {}) {
    abort?.abort()
    abort = new AbortController()
    body.setAttribute("aria-busy", "true")
    try {
      const { fragment } = await part(address, { signal: abort.signal })
      if (!more) {
        body.replaceChildren(fragment)
        const boards = body.querySelector("[data-moodboards]")
        if (boards) boards.hidden = !useMoodboard
        return
      }
      const first = fragment.querySelector("[data-pick]")
      more.closest("nav").remove()
      body.querySelector(".rows-end").remove()
      body.querySelector(".own-rows").append(...fragment.querySelector(".own-rows").children)
      body.append(...fragment.children)
      body.querySelector(".own-rows + .own-rows")?.remove()
      first?.focus({ preventScroll: true })
    } catch (problem) {
      showFailure(problem, data)
    } finally {
      body.removeAttribute("aria-busy")
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer)
    timer = setTimeout(
      () => load(`${data.ownImages}?${new URLSearchParams({ q: field.value })}`),
      SEARCH_AFTER,
    )
  })
  dialog.addEventListener("click", (event) => {
    const picked = event.target.closest("[data-pick]"),
      board = event.target.closest("[data-moodboard]"),
      more = event.target.closest("[data-load-more]")
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close()
    if (picked) {
      dialog.close()
      useOwn(picked.dataset.pick)
    } else if (board) {
      dialog.close()
      useMoodboard(board.dataset.moodboard)
    } else if (more) {
      event.preventDefault()
      load(more.href, { more })
    }
  })
  return () => {
    field.value = ""
    body.replaceChildren()
    dialog.showModal()
    load(data.ownImages)
  }
}
