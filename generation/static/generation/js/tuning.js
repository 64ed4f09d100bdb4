/** Fine tuning: the seed, and the summary of what is set. */

import { plural, word } from "../../artgen/js/words.js"
import { randomSeed } from "./random.js"

/**
 * Return the seed that a click in `target` asks for, "" for a random one; null if `target` is
 * another button.
 */
export function requestedSeed(form, target) {
  if (target.closest("[data-dice]")) return String(randomSeed())
  const lock = target.closest("[data-lock]")
  if (!lock) return null
  if (lock.getAttribute("aria-pressed") === "true") return ""
  return form.elements.seed.value || String(randomSeed())
}

export function setSeed(form, text) {
  form.elements.seed.value = text
  lockSeed(form, text !== "")
}

/** Show whether the seed stays the same. */
export function lockSeed(form, on) {
  form.querySelector("[data-lock]").setAttribute("aria-pressed", String(on))
}

/** Scroll to the settings that were opened at the lower edge of the form. */
export function showOpened(details) {
  if (details.matches(".tuning") && details.open) details.scrollIntoView({ block: "nearest" })
}

/** Show what the collapsed fine tuning contains. */
export function showSummary(form) {
  const summary = form.querySelector("[data-summary]")
  if (!summary) return
  const { steps, seed } = form.elements
  const parts = []
  if (steps?.value) parts.push(plural("steps", Number(steps.value)))
  if (seed) parts.push(word(seed.value ? "own_seed" : "random_seed"))
  summary.textContent = parts.join(" · ")
}
