/** The editor of a part of an image: mark an area, say what to do, create. */

import { Problem } from "../artgen/js/http.js"
import { isCreatingEnter, pressed } from "../artgen/js/shortcuts.js"
import { EditDraft } from "./js/edit_draft.js"
import { EditForm } from "./js/edit_form.js"
import { EditOrder } from "./js/edit_order.js"
import { EditPrompt } from "./js/edit_prompt.js"
import { EditStage } from "./js/edit_stage.js"
import { wireWayBack } from "./js/way_back.js"

const QUOTE_DELAY = 250 // ms without a change

const data = document.getElementById("page-data").dataset
const element = document.getElementById("edit-form")
const draft = new EditDraft(document.body.dataset.user, element.dataset.image)
const order = new EditOrder(data.api)
let isReady = false
let isPlacing = false
let asking = null
let timer = 0

const stage = new EditStage({ stage: document.querySelector(".edit-stage"), changed: save })
const form = new EditForm({ form: element, changed: follow })
const prompt = new EditPrompt({
  form: element,
  account: `${data.api}account/`,
  changed: () => follow("prompt"),
  signedOut: () => form.complain(data.signedOut),
})

begin()
wireWayBack(document.querySelector(".edit-page .icon-button[href]"))

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
  document.querySelector(".edit-page").removeAttribute("data-loading")
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

function save() {
  if (isReady && !isPlacing) draft.write({ values: form.values, strokes: stage.strokes.done })
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
    key: JSON.stringify([stage.strokes.done, form.feather]),
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
  try {
    const request = form.request
    const { count, price } = form
    const batch = await order.place({ request, count, price, drawn: drawn() })
    draft.forget()
    location.assign(`${data.create}#run-${batch.id}`)
  } catch (problem) {
    isPlacing = false
    form.wait(false)
    form.complain(reason(problem))
    if (problem.code === "price_too_high") form.showPrice(problem.needed) // the next press accepts it
  }
})

document.addEventListener("keydown", (event) => {
  const isEnter = event.target === element.elements.prompt && isCreatingEnter(event)
  if (event.defaultPrevented || !(isEnter || pressed(event, "create"))) return
  event.preventDefault()
  if (!event.repeat) element.requestSubmit()
})

function reason(problem) {
  if (!(problem instanceof Problem)) throw problem
  if (problem.signedOut) return data.signedOut
  if (problem.status === 0) return data.notSent
  return problem.message || data.failed
}

// The browser's Back button shows the page as it was left.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return
  isPlacing = false
  form.wait(false)
})
