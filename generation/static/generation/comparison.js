/** The Compare page: what will be made, its price and time, and errors, after every change. */

import { part } from "../artgen/js/http.js"
import { isCreatingEnter, pressed } from "../artgen/js/shortcuts.js"
import { say } from "../artgen/js/status.js"
import { takeHandedOver } from "./js/compare_link.js"
import { wireComparisonSources } from "./js/comparison_sources.js"
import { spoken } from "./js/quote.js"
import { freshKey } from "./js/random.js"

const DELAY = 350, // ms without input
  SAY_AFTER = 900,
  REFRESH_INTERVAL = 30_000 // the queue changes without events

const form = document.getElementById("comparison")
const quote = document.getElementById("quote")
const data = document.getElementById("page-data").dataset

let waiting, saying, asking
let said = ""
const touched = new Set() // axes whose values were typed or chosen: "columns", "rows"

function soon(after = DELAY) {
  quote.classList.add("quote-stale")
  clearTimeout(waiting)
  waiting = setTimeout(request, after)
}

async function request({ speaks = true } = {}) {
  asking?.abort()
  asking = new AbortController()
  try {
    const answer = await part(form.dataset.quote, {
      method: "POST",
      form: new FormData(form),
      signal: asking.signal,
    })
    showErrors(answer.fragment)
    const hadFocus = quote.contains(document.activeElement)
    quote.replaceChildren(answer.fragment)
    quote.classList.remove("quote-stale")
    const button = document.getElementById("create-button")
    if (hadFocus) button.focus()
    announce(button, speaks)
  } catch {
    // Offline: the old quote stays dimmed; no order costs more than it says.
  }
}

function announce(button, speaks) {
  clearTimeout(saying)
  const notes = [...quote.querySelectorAll(".note")].map((note) => note.textContent.trim())
  const text = [...notes, spoken(button)].join(" ").replace(/\s+/g, " ")
  if (text === said) return
  said = text
  if (speaks) saying = setTimeout(() => say(text), SAY_AFTER)
}

/**
 * Show the errors of an answer at their fields, and hide the earlier ones. Missing values of an
 * axis are only a hint until something was entered there, or the form was submitted.
 */
function showErrors(fragment) {
  const errors = new Map()
  for (const item of fragment.querySelectorAll("[data-errors] [data-field]")) {
    const name = item.dataset.field.replace(/_values$/, "")
    const isHint = "missing" in item.dataset && item.dataset.field !== name && !touched.has(name)
    errors.set(name, { text: item.textContent.trim(), isHint })
  }
  for (const line of form.querySelectorAll("[data-error]")) {
    showError(line, errors.get(line.dataset.error) ?? { text: "", isHint: false })
  }
}

function showError(line, { text, isHint }) {
  line.hidden = !text
  line.classList.toggle("error-hint", isHint)
  if (text && !isHint) line.closest("details")?.setAttribute("open", "")
  line.querySelector("span").textContent = text
  const fields = form.querySelectorAll(
    `[name="${line.dataset.error}"], [name="${line.dataset.error}_values"], ` +
      `[aria-describedby~="${line.id}"]`,
  )
  for (const field of fields) {
    if (field.type !== "checkbox" && text && !isHint) field.setAttribute("aria-invalid", "true")
    else field.removeAttribute("aria-invalid")
  }
}

/** Show the hints as the errors that they are once the form is submitted. */
function showHintsAsErrors() {
  for (const line of form.querySelectorAll(".error-hint")) {
    touched.add(line.dataset.error)
    showError(line, { text: line.textContent.trim(), isHint: false })
  }
}

/** Remember which axis has values; another parameter begins without. */
function touch(field) {
  const axis = field.name.replace(/_(values|styles)$/, "")
  if (field.closest("[data-axis]") === null) return
  if (axis === field.name) touched.delete(axis)
  else touched.add(axis)
}

function focusFirstError() {
  const invalid = [...form.querySelectorAll("[aria-invalid=true]")]
  const shown = invalid.filter((field) => field.checkVisibility())
  ;(shown.find((field) => field.tagName !== "SELECT") ?? shown[0])?.focus()
}

/** Insert a text at the cursor of the prompt. */
function insert(text) {
  const prompt = form.elements.prompt
  prompt.focus()
  prompt.setRangeText(text, prompt.selectionStart, prompt.selectionEnd, "end")
  prompt.dispatchEvent(new Event("input", { bubbles: true }))
}

/** Fill in what the Create page has handed over. */
function fill(fields) {
  for (const [name, value] of fields) {
    const field = form.elements[name]
    if (name === "models") {
      for (const box of form.querySelectorAll("[name=models]")) {
        if (box.value === value && !box.disabled) box.checked = true
      }
    } else if (field) field.value = value
  }
}

/** Create once the files that are being uploaded are there; not without one that failed. */
async function createWithSources() {
  form.setAttribute("aria-busy", "true")
  const allCame = await comingSources()
  clearTimeout(waiting)
  await request()
  form.removeAttribute("aria-busy")
  if (allCame) form.requestSubmit(document.getElementById("create-button"))
}

form.addEventListener("input", ({ target }) => {
  touch(target)
  soon()
})
form.addEventListener("change", () => soon(0))
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]")
  if (button) insert(button.dataset.insert)
})
form.addEventListener("submit", (event) => {
  const button = event.submitter ?? document.getElementById("create-button")
  const isRefused = button.getAttribute("aria-disabled") === "true"
  const isBusy = form.getAttribute("aria-busy") === "true"
  if (!isBusy && comingSources()) {
    event.preventDefault()
    return createWithSources()
  }
  if (!isRefused && !isBusy) {
    form.setAttribute("aria-busy", "true")
    return
  }
  event.preventDefault()
  if (!form.elements.prompt.value.trim()) return form.elements.prompt.focus()
  showHintsAsErrors()
  focusFirstError()
})
form.addEventListener("keydown", (event) => {
  const isEnter = event.target === form.elements.prompt && isCreatingEnter(event)
  if (isEnter || pressed(event, "create")) {
    event.preventDefault()
    if (!event.repeat) form.requestSubmit(document.getElementById("create-button"))
  }
})
// The page of the browser's Back button can be sent once more, as a new request. With the service
// worker it is loaded from the cache, with the key that was sent.
window.addEventListener("pageshow", ({ persisted }) => {
  form.removeAttribute("aria-busy")
  form.elements.key.value = freshKey()
  if (persisted) soon(0)
})
setInterval(() => {
  if (!document.hidden && form.elements.prompt.value.trim()) request({ speaks: false })
}, REFRESH_INTERVAL)

const comingSources = wireComparisonSources(form, data, () => soon(0))
const handedOver = takeHandedOver(form.dataset.user)
if (handedOver) fill(handedOver)
if (form.elements.prompt.value.trim() && !quote.querySelector(".note-bad")) soon(0)
