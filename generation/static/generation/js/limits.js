/** Errors of the numbers, shown at their fields when a quote reports them. */

import { say } from "../../artgen/js/status.js"
import { word } from "../../artgen/js/words.js"

export const LIMITED = new Set([
  "width",
  "height",
  "steps",
  "guidance",
  "strength",
  "seed",
  "lora_url",
  "lora_scale",
])
const SHARED = { width: "size", height: "size" } // these two share one error line

/** `part` of the quote contains each `[data-wrong]` with the error of a field. */
export function showLimits(form, part) {
  const wrong = new Map(
    [...part.querySelectorAll("[data-wrong]")].map((line) => [
      line.dataset.wrong,
      line.textContent,
    ]),
  )
  const lines = new Map()
  for (const name of LIMITED) {
    const field = form.elements[name]
    if (!field || field.matches?.("select")) continue
    const text = field.validity.badInput ? word("no_number") : (wrong.get(name) ?? "")
    if (text) field.setAttribute("aria-invalid", "true")
    else field.removeAttribute("aria-invalid")
    const id = `${SHARED[name] ?? name}-error`
    lines.set(id, lines.get(id) || text)
  }
  for (const [id, text] of lines) {
    const line = form.querySelector(`#${id}`)
    const words = line?.querySelector("span")
    if (!line || (words.textContent === text && line.hidden === !text)) continue
    words.textContent = text
    line.hidden = !text
    say(text)
    if (text) line.closest("details")?.setAttribute("open", "")
  }
}

/** Show beside the source images how they will be sent; `part` is of the quote. */
export function showSourcesNote(form, part) {
  const note = form.querySelector("[data-sources-note]")
  if (!note) return
  const text = part.querySelector("[data-sources-told]")?.textContent ?? ""
  if (text && note.textContent !== text) say(text)
  note.textContent = text
  note.hidden = !text
}
