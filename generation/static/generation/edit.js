/**
 * The editor of a part of an image: mark an area, say what to do, create. What is made appears here,
 * and is the next image to edit.
 */

import { isCreatingEnter, pressed } from "../artgen/js/shortcuts.js"
import { EditDraft } from "./js/edit_draft.js"
import { EditForm } from "./js/edit_form.js"
import { EditOrder } from "./js/edit_order.js"
import { EditPrompt } from "./js/edit_prompt.js"
import { EditStage } from "./js/edit_stage.js"
import { failureText } from "./js/failures.js"
import { JoinedRuns } from "./js/joined_runs.js"
import { wireWayBack } from "./js/way_back.js"

const QUOTE_DELAY = 250 // ms without a change
const PAUSE = 700 // ms: the second click of a double click is no second order

const element = document.getElementById("edit-form")
const strip = document.getElementById("made")
const back = document.querySelector(".edit-page .icon-button[href]")
const data = { ...document.getElementById("page-data").dataset, ...element.dataset }
const draft = new EditDraft(document.body.dataset.user, element.dataset.image)
const order = new EditOrder(data)
let isReady = false
let isPlacing = false
let ordered // the step of the history that the last order was made of
let asking = null
let timer = 0

const stage = new EditStage({
  stage: document.querySelector(".edit-stage"),
  id: data.image,
  changed: followStage,
})
const form = new EditForm({ form: element, changed: follow })
const prompt = new EditPrompt({
  form: element,
  account: `${data.api}account/`,
  changed: () => follow("prompt"),
  signedOut: () => form.complain(data.signedOut),
})

const made = new JoinedRuns({ strip, data, ended })

begin()
wireWayBack(back)

function begin() {
  const stored = draft.read()
  if (stored) {
    const asked = new URLSearchParams(location.search).get("mode")
    form.fill({ ...stored.values, ...(asked ? { mode: asked } : {}) })
    stage.strokes.load(stored.strokes ?? [])
  } else stage.strokes.load([])
  isReady = true
  prompt.enhance()
  follow("mode")
  follow("feather")
}

/** Show the effect of a changed field. */
function follow(name) {
  form.complain("")
  if (name === "feather") stage.soften(form.feather)
  if (["mode", "left", "top", "right", "bottom"].includes(name)) {
    stage.allowPainting(form.mode !== "outpaint")
    stage.extendBy(form.sides)
  }
  if (name !== "prompt" && name !== "feather") askPrice()
  save()
}

/** Let form, draft and addresses belong to the image that is edited. */
function followStage() {
  const { id } = stage.image
  if (!isReady || id === element.dataset.image) return save()
  draft.forget() // what was marked is in the history
  draft.image = element.dataset.image = id
  back.href = `/images/${id}/`
  history.replaceState(history.state, "", `${back.href}edit/`)
  showCurrent()
  form.fill({ left: 0, top: 0, right: 0, bottom: 0 })
  stage.extendBy(form.sides)
  askPrice()
}

function showCurrent() {
  for (const card of strip.querySelectorAll("[data-image]"))
    card.querySelector(".card-link").ariaCurrent =
      card.dataset.image === stage.image.id ? "true" : null
}

/** Go on with the first image of an order, unless the user has gone on; others wait in the strip. */
function ended(card) {
  if (card.dataset.status === "succeeded" && stage.strokes.last === ordered) stage.goOn(card)
}

strip.addEventListener("click", (event) => {
  const card = event.target.closest(".card-link")?.closest("[data-image]")
  if (!card || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  stage.goOn(card)
})

function save() {
  if (isReady) draft.write({ values: form.values, strokes: stage.strokes.marked })
}

/** An area costs what the page says; what extending costs, the server knows. */
function askPrice() {
  asking?.abort()
  clearTimeout(timer)
  form.showPrice(form.knownPrice)
  if (form.mode !== "outpaint" || !form.isExtended) return
  asking = new AbortController()
  const { signal } = asking
  timer = setTimeout(async () => {
    try {
      const { credits } = await order.quote({ request: form.request, count: form.count }, signal)
      if (!signal.aborted) form.showPrice(credits)
    } catch {
      // The price of the page stays; no order costs more than it says.
    }
  }, QUOTE_DELAY)
}

/** Return what must be done before creating, "" if nothing. */
function missing() {
  if (form.mode === "outpaint") return form.isExtended ? "" : data.chooseSide
  if (stage.isEmpty) return data.markArea
  return form.mode === "inpaint" && !form.request.prompt ? data.writePrompt : ""
}

function drawn() {
  if (form.mode === "outpaint") return null
  return {
    key: JSON.stringify([stage.image.id, stage.strokes.marked, form.feather]),
    file: () => stage.mask.png(),
  }
}

element.addEventListener("submit", async (event) => {
  event.preventDefault()
  if (isPlacing) return
  const wrong = missing()
  form.complain(wrong)
  if (wrong) {
    if (wrong === data.writePrompt) element.elements.prompt.focus()
    return
  }
  if (form.mode !== "erase" && prompt.holdsBack()) return
  isPlacing = true
  form.wait(true)
  const pause = new Promise((resolve) => setTimeout(resolve, PAUSE))
  try {
    const { request, count, price } = form
    const { last } = stage.strokes
    const run = await order.place({ request, count, price, drawn: drawn() })
    ordered = last
    strip.parentElement.hidden = false
    made.add([run], element)
    made.connect()
    showCurrent()
    await pause
  } catch (problem) {
    form.complain(problem.signedOut ? data.signedOut : failureText(problem, data))
    if (problem.code === "price_too_high") form.showPrice(problem.needed) // the next press accepts it
  }
  isPlacing = false
  form.wait(false)
})

document.addEventListener("keydown", (event) => {
  const isEnter = event.target === element.elements.prompt && isCreatingEnter(event)
  if (event.defaultPrevented || !(isEnter || pressed(event, "create"))) return
  event.preventDefault()
  if (!event.repeat) element.requestSubmit()
})
