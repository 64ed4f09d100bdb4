/** The field of the negative prompt, which a button opens. */

/** Open the field if it is open or filled in. */
export function enhanceNegative(form) {
  const field = form.querySelector("#negative")
  if (!field) return
  const isFilled = form.elements.negative_prompt.value !== ""
  show(form, isFilled || field.classList.contains("negative-open"))
}

/** Open or close the field if `target` is in its button; return whether it is. */
export function negativeClicked(form, target) {
  const button = target.closest("[data-toggle-negative]")
  if (!button) return false
  const open = button.getAttribute("aria-expanded") !== "true"
  show(form, open)
  if (open) form.elements.negative_prompt.focus()
  return true
}

function show(form, open) {
  form.querySelector("#negative").classList.toggle("negative-open", open)
  const button = form.querySelector("[data-toggle-negative]")
  button.setAttribute("aria-expanded", String(open))
  button.setAttribute("aria-pressed", String(open))
}
