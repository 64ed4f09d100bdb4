/**
 * Keys of the review queue: A approves, R goes to the reason and Enter there rejects, N shows the
 * next one, T approves and trusts the author, V shows or blurs the images. By the place of a key,
 * so that they are the same with a Russian keyboard layout. All of it also works by mouse and
 * without script.
 */

const form = document.querySelector(".queue-item")
const press = (selector) => form?.querySelector(selector)?.click()

const KEYS = {
  KeyA: () => press("[value=approve]"),
  KeyT: () => press("[value=trust]"),
  KeyN: () => press("[data-next]"),
  KeyV: () => press("#reveal"),
  KeyR: () => form?.querySelector("#reason")?.focus(),
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
  if (event.target.id === "reason") {
    if (event.key === "Escape") event.target.blur()
    if (event.key === "Enter") {
      event.preventDefault() // the first button of the form approves
      press("[value=reject]")
    }
    return
  }
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return
  const act = KEYS[event.code]
  if (!act) return
  event.preventDefault()
  act()
})

// One decision for each item, however often a key is pressed.
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault()
  form.dataset.sent = "1"
})
