/** An image becomes a prompt, by a text model that sees it. */

import { api } from "../../artgen/js/http.js"
import { dismiss, toast } from "../../artgen/js/toasts.js"
import { showBalance } from "./balance.js"
import { showFailure } from "./failures.js"

const SECONDS = 60 // the server gives up earlier
const KEY = "describing" // of the messages
let isBusy = false

/** Resolve to a prompt that describes an image or upload; null, and say why, if there is none. */
export async function describe(id, data) {
  if (isBusy) return null
  isBusy = true
  toast(data.describing, { key: KEY, stays: true })
  try {
    const json = { image_id: id, max_credits: Number(data.describeCredits) }
    const answer = await api(data.describe, { method: "POST", json, seconds: SECONDS })
    dismiss(KEY)
    if (answer.credits) api(`${data.api}account/`).then(showBalance, () => {})
    return answer.prompt
  } catch (problem) {
    dismiss(KEY)
    if (problem.code === "price_too_high") data.describeCredits = problem.needed // accepted next time
    showFailure(problem, data)
    return null
  } finally {
    isBusy = false
  }
}

/** Return the address of a form with this prompt. */
export function formWith(prompt, data) {
  return `${data.create}?${new URLSearchParams({ prompt })}`
}
