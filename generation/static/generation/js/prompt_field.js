/** The field of the prompt: its length and its error. */

import { say } from "../../artgen/js/status.js"
import { promptsOf } from "./prompt_lines.js"

const NEAR_LIMIT = 100 // characters below the limit: from here the count is announced

/** Show the number of characters, of a list that of its longest prompt; announce it near the limit. */
export function showLength(form) {
  const { prompt } = form.elements
  const count = form.querySelector("[data-count]")
  const length = Math.max(0, ...promptsOf(form).map((text) => text.length))
  const { limit } = prompt.dataset
  count.textContent = length
  const near = length >= limit - NEAR_LIMIT
  count.parentElement.classList.toggle("near", near)
  if (near) say(`${length} / ${limit}`)
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
