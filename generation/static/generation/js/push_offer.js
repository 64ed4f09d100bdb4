/** Push notifications where somebody waits: offered once, by a message that can be closed. */

import { mayAskForPush, turnOnPush } from "../../accounts/js/push.js"
import { toast } from "../../artgen/js/toasts.js"
import { showFailure } from "./failures.js"
import { ACTIVE } from "./job_card.js"

const LONG = 60_000 // ms that a job is in progress
const OFFERED = "artgen:push-offered" // in localStorage

/** Offer them if one of these jobs takes long; `data` has addresses and texts of the page. */
export function offerPush(jobs, data) {
  const isLong = ({ status, created_at: at }) =>
    ACTIVE.has(status) && Date.now() - Date.parse(at) > LONG
  if (!jobs.some(isLong) || !mayAskForPush()) return
  try {
    if (localStorage.getItem(OFFERED)) return
    localStorage.setItem(OFFERED, "1")
  } catch {
    return // it would be offered again on each page
  }
  const action = { label: data.notify, run: () => notify(data) }
  toast(data.offerPush, { key: "push", icon: "bell", stays: true, action })
}

/** Turn them on, and say so. */
export async function notify(data) {
  try {
    const isOn = await turnOnPush(data.profile)
    toast(isOn ? data.notifyOn : data.notifyRefused, { key: "push" })
  } catch (problem) {
    showFailure(problem, data)
  }
}
