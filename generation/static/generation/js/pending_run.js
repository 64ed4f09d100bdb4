/**
 * The placeholder of a run that is being created: cards of the final shape, so the layout does not
 * shift.
 */

import { promptsOf } from "./prompt_lines.js"

const PIXELS = 1024 * 1024,
  MULTIPLE = 8 // as the server derives the size from the source image

/** Return the placeholder for the form in `side`, or for its drafts, whose button `draft` is. */
export function pendingRun(side, draft = null) {
  const form = side.querySelector("#composer")
  const run = document.getElementById("run-frame").content.firstElementChild.cloneNode(true)
  const [width, height] = draft?.dataset.draftSize?.split("x").map(Number) ?? sizeOf(form)
  const prompt = promptsOf(form).at(-1).trim() // the newest run stands first
  run.setAttribute("aria-label", prompt.slice(0, 120))
  run.querySelector(".run-prompt").textContent = prompt
  const price = (
    draft?.querySelector("[data-price]") ?? form.querySelector("#create-button .create-meta > span")
  )?.textContent
  const isExact = draft || form.elements.exact?.checked
  const chosen = isExact ? null : form.querySelector(".shape:has(:checked)")
  const shape = [...(chosen?.childNodes ?? [])]
    .find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim())
    ?.data.trim()
  const model = (
    draft?.querySelector("[data-model]") ?? side.querySelector("#model-name .model-name")
  )?.textContent
  run.querySelector(".run-meta > span").textContent = [
    model,
    shape ?? `${width} × ${height}`,
    price,
  ]
    .filter(Boolean)
    .join(" · ")
  run.style.setProperty("--ratio", width / height)
  const cards = run.querySelector(".run-cards")
  cards.classList.toggle("run-cards-wide", width > 1.2 * height)
  cards.querySelector(".card-shape").setAttribute("viewBox", `0 0 ${width} ${height}`)
  const card = cards.firstElementChild
  const count = Number(draft?.dataset.draftCount ?? new FormData(form).get("count"))
  for (let more = count - 1; more > 0; more--) cards.append(card.cloneNode(true))
  return run
}

function sizeOf(form) {
  const { exact, width, height, shape } = form.elements
  const asked = exact?.checked
    ? [Number(width.value), Number(height.value)]
    : (shape?.value ?? "").split("x").map(Number)
  if (asked[0] > 0 && asked[1] > 0) return asked
  const source = form.querySelector(".source-image")
  if (!source?.naturalWidth) return [1024, 1024]
  const scale = Math.sqrt(PIXELS / (source.naturalWidth * source.naturalHeight)) / MULTIPLE
  return [source.naturalWidth, source.naturalHeight].map(
    (side) => Math.max(1, Math.round(side * scale)) * MULTIPLE,
  )
}
