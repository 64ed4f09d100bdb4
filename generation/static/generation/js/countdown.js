/** The time left in a job's text, counted down from when the server said it. */

import { number, word } from "../../artgen/js/words.js"

const DASH = "–\u2060" // joins the ends of a range
const MINUTES = 89.5 // longer times do not change while somebody looks

/** Return the text of a job's phase `seconds` after its JSON has come. */
export function detailAfter({ phase_detail: detail = "", eta_seconds: eta }, seconds) {
  const said = forecastIn({ phase_detail: detail, eta_seconds: eta })
  if (!said) return detail
  if (seconds >= eta.p90) return word("longer")
  return detail.replace(said, about(eta.p50 - seconds, eta.p90 - seconds))
}

/**
 * Return what to count down from, {job, at}, when the JSON of a job comes: the earlier one while
 * nothing but the forecast has changed, and for the worse.
 */
export function promiseOf(earlier, job) {
  const now = { job, at: performance.now() }
  if (!earlier || !forecastIn(earlier.job) || !forecastIn(job)) return now
  const isSame = ["status", "attempt", "phase"].every((name) => earlier.job[name] === job[name])
  const left = earlier.job.eta_seconds.p90 - secondsSince(earlier.at)
  return isSame && left < job.eta_seconds.p90 ? earlier : now
}

/** Return the forecast as the text of a job's phase has it, "" if it has none. */
function forecastIn({ phase_detail: detail, eta_seconds: eta }) {
  const said = eta ? about(eta.p50, eta.p90) : ""
  return detail?.includes(said) ? said : ""
}

/** Return how far a running job is, 0 to 1, null if unknown: from its JSON on, by its forecast. */
export function progressAfter({ progress, eta_seconds: eta }, seconds) {
  if (!eta) return progress
  return 1 - (1 - progress) * Math.exp(-seconds / eta.p50)
}

/** Return the seconds since a moment of `performance.now()`. */
export function secondsSince(moment) {
  return (performance.now() - moment) / 1000
}

/** Return a forecast as `about` of artgen/web/formatting.py writes it, "" beyond MINUTES. */
export function about(p50, p90) {
  if (p90 >= MINUTES * 60) return ""
  const [low, high] = [rounded(p50), rounded(p90)]
  if (low.unit !== high.unit) return `${text(low)}${DASH}${text(high)}`
  if (low.amount === high.amount) return word("about", { duration: text(low) })
  return text({ amount: `${low.amount}${DASH}${high.amount}`, unit: low.unit })
}

function rounded(duration) {
  const seconds = Math.max(1, duration)
  if (seconds < 10) return { amount: String(even(seconds)), unit: "s" }
  if (seconds < 57.5) return { amount: String(5 * even(seconds / 5)), unit: "s" }
  const minutes = seconds / 60
  if (minutes < 9.75) return { amount: number(Math.max(1, even(2 * minutes) / 2), 1), unit: "min" }
  return { amount: String(even(minutes)), unit: "min" }
}

/** Round halves to even numbers, as Python does. */
function even(value) {
  return value % 1 === 0.5 ? 2 * Math.round(value / 2) : Math.round(value)
}

function text({ amount, unit }) {
  return word(unit, { amount }).replaceAll(" ", "\u00a0")
}
