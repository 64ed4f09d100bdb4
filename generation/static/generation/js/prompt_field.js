/** The field of the prompt: its length and its error. */

import { say } from "../../artgen/js/status.js"

const NEAR_LIMIT = 100 // characters below the limit: from here the count is announced

/** Show the number of characters; announce it near the limit. */
export function showLength(form) {
  const { prompt } = form.elements
  const count = form.querySelector("[data-count]")
  const length = prompt.value.length
  count.textContent = length
  const near = length >= prompt.maxLength - NEAR_LIMIT
  count.parentElement.classList.toggle("near", near)
  if (near) say(`${length} / ${prompt.maxLength}`)
}

/** Show an error at the prompt, or with "" none. */
export function showPromptError(form, text) {
  const { prompt } = form.elements
  const error = form.querySelector("#prompt-error")
  error.hidden = !text
  error.querySelector("span").textContent = text
  if (text) {
    prompt.setAttribute("aria-invalid", "true")
    prompt.setAttribute("aria-describedby", "prompt-error prompt-count")
    prompt.focus()
  } else {
    prompt.removeAttribute("aria-invalid")
  }
}
