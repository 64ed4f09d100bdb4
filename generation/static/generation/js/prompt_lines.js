/**
 * A list of prompts: with the box below the prompt checked, each of its lines is a prompt of its own.
 */

import { plural } from "../../artgen/js/words.js"

const LIST_LENGTH = 64 * 2000 // characters

/** Return the prompts of the form: the lines of a list that are not empty, else the text. */
export function promptsOf({ elements: { prompt, lines } }) {
  return lines?.checked ? linesOf(prompt.value) : [prompt.value]
}

export function linesOf(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
}

/** Show the box where there are several lines; only a list may be longer than one prompt. */
export function showLines(form) {
  const { prompt, lines } = form.elements
  const count = linesOf(prompt.value).length
  const label = form.querySelector("[data-lines]")
  label.hidden = count < 2
  if (count < 2) lines.checked = false
  else label.querySelector("[data-lines-text]").textContent = plural("lines", count)
  prompt.maxLength = lines.checked ? LIST_LENGTH : prompt.dataset.limit
}

/** A paste of several lines may be longer than one prompt: then they are a list. */
export function linesPasted(form, text) {
  const { prompt, lines } = form.elements
  const isLong = prompt.value.length + text.length > prompt.dataset.limit
  if (!isLong || linesOf(text).length < 2) return
  prompt.maxLength = LIST_LENGTH
  lines.checked = true
}
