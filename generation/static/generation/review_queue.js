/**
 * Keys of the review queue (artgen/web/shortcuts.py has them): approve, approve and trust the author,
 * next, show or blur the images, go to the reason, where Enter rejects. All of it also works by
 * mouse and without script.
 */

import { isTyping, pressedOf } from "../artgen/js/shortcuts.js"

const form = document.querySelector(".queue-item")
const press = (selector) => form?.querySelector(selector)?.click()

const ACTS = {
  review_approve: () => press("[value=approve]"),
  review_trust: () => press("[value=trust]"),
  review_next: () => press("[data-next]"),
  review_reveal: () => press("#reveal"),
  review_reject: () => form?.querySelector("#reason")?.focus(),
}

document.addEventListener("keydown", (event) => {
  if (event.target.id === "reason") return rejectOrLeave(event)
  if (event.repeat || isTyping(event) || document.querySelector("dialog[open]")) return
  const name = pressedOf(event, Object.keys(ACTS))
  if (!name) return
  event.preventDefault()
  ACTS[name]()
})

function rejectOrLeave(event) {
  if (event.key === "Escape") event.target.blur()
  if (event.key !== "Enter" || event.repeat) return
  event.preventDefault() // the first button of the form approves
  press("[value=reject]")
}

// One decision for each item, however often a key is pressed.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault()
  form.dataset.sent = "1"
})
