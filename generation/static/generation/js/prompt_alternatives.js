/**
 * Alternatives in a prompt, such as `{red|blue}`: only comparisons make an image of each, so the form
 * offers one. The grammar is that of `generation/studio/comparisons/prompt_templates.py`.
 */

import { plural } from "../../artgen/js/words.js"

const MAX = 64 // options of one choice

/** Show the link to a comparison below the prompt, if the prompt has alternatives. */
export function showAlternatives(form) {
  const line = form.querySelector("[data-alternatives]")
  const count = countAlternatives(form.elements.prompt.value)
  line.hidden = count < 2
  if (count > 1) line.firstElementChild.textContent = plural("alternatives", count)
}

/** Return how many prompts a text with braces stands for; 1 without braces, 0 if they do not match. */
export function countAlternatives(text) {
  let at = 0
  let count = 1

  /** Return the options of the braces that begin at `at`, null if they do not end or are too many. */
  function group() {
    const options = []
    let current = [""]
    for (at += 1; at < text.length; at += 1) {
      const sign = text[at]
      if (sign === "|" || sign === "}") {
        options.push(...current.map((option) => option.trim()))
        if (options.length > MAX) return null
        if (sign === "}") return options
        current = [""]
      } else if (sign === "{") {
        const inner = group()
        if (!inner || inner.length * current.length > MAX) return null
        current = current.flatMap((start) => inner.map((end) => start + end))
      } else {
        if (sign === "\\") at += 1
        current = current.map((start) => start + (text[at] ?? ""))
      }
    }
    return null
  }

  for (; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1
    else if (text[at] === "{") {
      const options = group()
      if (!options) return 0
      count *= new Set(options).size
    }
  }
  return count
}
