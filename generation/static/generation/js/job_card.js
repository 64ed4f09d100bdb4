/** The card of one job, updated from the job's JSON as the server's template would show it. */

import { detailAfter, progressAfter, promiseOf, secondsSince } from "./countdown.js"

/** Statuses of jobs that have not ended. */
export const ACTIVE = new Set(["queued", "submitted", "running", "storing"])
const GLOW_START = 28,
  GLOW_RANGE = 22 // the glow of a status panel while generating

const shown = new WeakMap() // card → {job, at}: the JSON with its forecast, and when it came

/** Update the card of an active job from the job's JSON; `preview` is the image so far. */
export function updateCard(card, job, preview) {
  Object.assign(card.dataset, { status: job.status, version: job.version })
  const earlier = shown.get(card)
  shown.set(card, promiseOf(earlier, job))
  const hadFocus = card.contains(document.activeElement)
  for (const element of card.querySelectorAll("[data-while]"))
    element.hidden = !element.dataset.while.split(" ").includes(job.status)
  if (hadFocus && document.activeElement.closest("[hidden]")) {
    const article = card.querySelector("article")
    article.tabIndex = -1
    article.focus({ preventScroll: true })
  }
  setText(card.querySelector("[data-phase]"), job.phase)
  const detail = card.querySelector("[data-detail]")
  detail.hidden = !job.phase_detail
  const bar = card.querySelector("[data-progress]")
  bar.ariaLabel = job.phase
  if (earlier?.job.attempt !== job.attempt) bar.removeAttribute("value")
  if (job.status === "storing") bar.value = 1
  else if (job.status === "running" && job.progress !== null)
    bar.value = Math.max(bar.value, job.progress)
  else bar.removeAttribute("value")
  countDown(card)
  showPreview(card, job, preview)
  showCancelOfRun(card)
}

/** Show the image so far behind the texts, until the job begins again. */
function showPreview(card, job, preview) {
  const shown = card.querySelector("[data-preview]")
  if (job.status !== "running" && job.status !== "storing") shown?.remove()
  else if (shown && preview) shown.src = preview
  else if (preview) {
    const image = Object.assign(new Image(), { src: preview, alt: "", className: "status-preview" })
    image.dataset.preview = ""
    card.querySelector("[data-status-panel]").prepend(image)
  }
}

/** Let the time left in the card's text, and its bar, go on. */
export function countDown(card) {
  const { job, at } = shown.get(card) ?? {}
  if (!job) return
  const seconds = secondsSince(at)
  setText(card.querySelector("[data-detail]"), detailAfter(job, seconds))
  const bar = card.querySelector("[data-progress]")
  if (job.status === "running" && job.progress !== null)
    bar.value = Math.max(bar.value, progressAfter(job, seconds))
  glow(bar)
}

/**
 * Return the cards of a job that has just ended in a fragment, one for each image, as the server
 * sends them. `active` is its card; `addresses` has `src` and `large` of each image.
 */
export function cardsOfEnded(active, job, addresses) {
  const prompt = active.querySelector("article").ariaLabel
  const isSoft = active.parentElement.matches(".run-cards-wide")
  const cards = new DocumentFragment()
  for (const [number, { id: image, ...shape }] of job.images.entries()) {
    const { src, large } = addresses[number]
    const card = document.createElement("li")
    card.className = "run-card"
    Object.assign(card.dataset, { job: job.id, image, bytes: shape.bytes, prompt })
    if ("draft" in active.dataset) card.dataset.draft = ""
    const article = document.createElement("article")
    article.className = "card"
    const picture = new Image(shape.width, shape.height)
    Object.assign(picture, { className: "card-image", loading: "lazy", src })
    picture.dataset.blur = shape.placeholder
    if (large) picture.dataset.large = large
    if (large && isSoft) picture.dataset.soft = ""
    const link = document.createElement("a")
    link.className = "card-link"
    article.append(picture, link)
    card.append(article)
    cards.append(card)
  }
  return cards
}

/** Show the cancel button of a run while one of its jobs can be canceled. */
export function showCancelOfRun(card) {
  const run = card.closest("[data-run]")
  const cancel = run?.querySelector("[data-cancel-run]")
  if (cancel) cancel.hidden = run.querySelector("[data-cancel]:not([hidden])") === null
}

/** Return whether the job of a card was active when the card was drawn. */
export function isActive(card) {
  return ACTIVE.has(card.dataset.status)
}

/** Let the status panel glow with the progress. */
export function glow(bar) {
  const { status } = bar.closest("[data-job]").dataset
  const percent = status === "running" ? Math.round(GLOW_START + GLOW_RANGE * (bar.value || 0)) : ""
  bar.closest("[data-status-panel]").style.setProperty("--glow-percent", percent)
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}
