/** Errors of the numbers, shown at their fields when a quote reports them. */

import { say } from "../../artgen/js/status.js"
import { word } from "../../artgen/js/words.js"

/** Whether the field has limits that a quote checks; it is described by the line of its error. */
export function isLimited(field) {
  return field instanceof Element && "limited" in field.dataset
}

/** `part` of the quote contains each `[data-wrong]` with the error of a field. */
export function showLimits(form, part) {
  const wrong = new Map(
    [...part.querySelectorAll("[data-wrong]")].map((line) => [
      line.dataset.wrong,
      line.textContent,
    ]),
  )
  const texts = new Map() // id of an error line → text; width and height have one line
  for (const field of form.querySelectorAll("[data-limited]")) {
    const text = field.validity.badInput ? word("no_number") : (wrong.get(field.name) ?? "")
    if (text) field.setAttribute("aria-invalid", "true")
    else field.removeAttribute("aria-invalid")
    const id = field.getAttribute("aria-describedby")
    texts.set(id, texts.get(id) || text)
  }
  for (const [id, text] of texts) showError(document.getElementById(id), text)
}

function showError(line, text) {
  const label = line.querySelector("span")
  if (label.textContent === text && line.hidden === !text) return
  label.textContent = text
  line.hidden = !text
  say(text)
  if (text) line.closest("details")?.setAttribute("open", "")
}

/** Show beside the source images how they will be sent; `part` is of the quote. */
export function showSourcesNote(form, part) {
  const note = form.querySelector("[data-sources-note]")
  if (!note) return
  const text = part.querySelector("[data-new-sources-note]")?.textContent ?? ""
  if (text && note.textContent !== text) say(text)
  note.textContent = text
  note.hidden = !text
}

/** Show in the row of the model what one image costs and how long it takes; `part` is of the quote. */
export function showModelRow(form, part) {
  const row = form.querySelector("[data-model-row]")
  const text = part.querySelector("[data-new-model-row]")?.textContent.trim()
  if (row && text) row.textContent = text.replace(/\s+/g, " ")
}
