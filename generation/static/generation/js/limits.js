/** What the model would refuse of the numbers, said at their fields as soon as the quote tells it. */

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
const SHARED = { width: "size", height: "size" } // these two have one line for what is wrong

/** `told` is the part of the quote: each `[data-wrong]` names a field and says what is wrong with it. */
export function showLimits(form, told) {
  const wrong = new Map(
    [...told.querySelectorAll("[data-wrong]")].map((line) => [
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

/** Say beside the source images how they will be sent, where that is worth a word; `told` is the part of the quote. */
export function showSourcesNote(form, told) {
  const note = form.querySelector("[data-sources-note]")
  if (!note) return
  const text = told.querySelector("[data-sources-told]")?.textContent ?? ""
  if (text && note.textContent !== text) say(text)
  note.textContent = text
  note.hidden = !text
}
