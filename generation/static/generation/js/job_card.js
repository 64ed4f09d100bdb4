/** The card of one job, updated from the job's JSON as the server's template would show it. */

import { detailAfter, secondsSince } from "./countdown.js"

/** Statuses of jobs that have not ended. */
export const ACTIVE = new Set(["queued", "submitted", "running", "storing"])
// As in the server's template of an active job: jinja2/generation/_card.html.
const ICONS = { queued: "hourglass", submitted: "power", running: "palette", storing: "check" }
const WITH_PROGRESS = new Set(["submitted", "running", "storing"])
const CANCELABLE = new Set(["queued", "submitted", "running"])
const GLOW_START = 28,
  GLOW_RANGE = 22 // the glow of a status panel while generating

const shown = new WeakMap() // card → {job, at}: its JSON, and when it came

/** Return whether the card can be updated from the job's JSON alone. */
export function canUpdate(card, job) {
  if (job.status === card.dataset.status) return true
  if (!isActive(card) || !ACTIVE.has(job.status)) return false
  // Retried from a status without a cancel form: only the server's HTML has that form.
  return !CANCELABLE.has(job.status) || card.querySelector("[data-cancel]") !== null
}

/** Update the card of an active or unchanged job from the job's JSON. */
export function updateCard(card, job) {
  if (job.status !== card.dataset.status) updateStatus(card, job)
  card.dataset.version = job.version
  shown.set(card, { job, at: performance.now() })
  setText(card.querySelector("[data-phase]"), job.phase)
  const detail = card.querySelector("[data-detail]")
  if (detail) {
    setText(detail, job.phase_detail ?? "")
    detail.hidden = !job.phase_detail
  }
  card.querySelector("article")?.setAttribute("aria-label", `${short(job.prompt)}, ${job.phase}`)
  const bar = card.querySelector("[data-progress]")
  if (!bar) return
  bar.setAttribute("aria-label", job.phase)
  if (job.status === "storing") bar.value = 1
  else if (job.status === "running" && job.progress !== null) bar.value = job.progress
  glow(bar)
}

/** Let the time left in the card's text go on. */
export function countDown(card) {
  const { job, at } = shown.get(card) ?? {}
  if (job) setText(card.querySelector("[data-detail]"), detailAfter(job, secondsSince(at)))
}

/** Change the status of an active job's status panel. */
function updateStatus(card, job) {
  const panel = card.querySelector("[data-status-panel]")
  panel.classList.replace(`status-panel-${card.dataset.status}`, `status-panel-${job.status}`)
  panel.style.removeProperty("--glow-percent")
  card.dataset.status = job.status
  const use = panel.querySelector("[data-icon] use")
  use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#${ICONS[job.status]}`))
  const cancel = panel.querySelector("[data-cancel]")
  if (cancel && !CANCELABLE.has(job.status)) {
    if (cancel.contains(document.activeElement)) {
      const article = card.querySelector("article")
      article.tabIndex = -1
      article.focus({ preventScroll: true })
    }
    cancel.remove()
  }
  panel.querySelector("[data-progress]")?.remove()
  if (WITH_PROGRESS.has(job.status)) {
    const bar = document.createElement("progress")
    bar.className = "progress"
    bar.max = 1
    bar.dataset.progress = ""
    panel.querySelector("[data-detail]").after(bar)
  }
  showCancelOfRun(card)
}

/** Show the cancel button of a run while one of its jobs can be canceled. */
export function showCancelOfRun(card) {
  const run = card.closest("[data-run]")
  const cancel = run?.querySelector("[data-cancel-run]")
  if (cancel) cancel.hidden = run.querySelector("[data-cancel]") === null
}

/** Return the prompt shortened as in the server's template. */
export function short(prompt) {
  const letters = [...prompt]
  return letters.length <= 120 ? prompt : `${letters.slice(0, 119).join("").trimEnd()}…`
}

/** Return whether the job of a card was active when the card was drawn. */
export function isActive(card) {
  return ACTIVE.has(card.dataset.status)
}

/** Let the status panel glow with the progress. */
export function glow(bar) {
  const panel = bar.closest("[data-status-panel]")
  if (panel?.classList.contains("status-panel-running")) {
    const share = bar.hasAttribute("value") ? bar.value : 0
    panel.style.setProperty("--glow-percent", Math.round(GLOW_START + GLOW_RANGE * share))
  }
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text
}
