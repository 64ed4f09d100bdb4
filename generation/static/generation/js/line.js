/** Connect the cards to the server and say how the connection stands. */

import { toast } from "../../artgen/js/toasts.js"
import { Live } from "./live.js"

const QUEUE_EVERY = 10_000 // ms: positions in the line change without the job changing

/** Start the line for `cards`; texts and addresses come from `data`. */
export function connect(cards, data) {
  let closeToast = null
  const live = new Live({
    socket: data.socket,
    jobs: `${data.api}jobs/`,
    onJobs: (jobs, how) => cards.apply(jobs, how),
    onState: (state) => {
      if (state === "offline" && !closeToast) closeToast = toast(data.offline, { key: "offline", stays: true })
      if (state === "signed out") toast(data.signedOut, { kind: "error", key: "offline" })
      if ((state === "live" || state === "polling") && closeToast) {
        closeToast()
        closeToast = null
        toast(data.online, { key: "offline" })
      }
    },
  })
  live.connect()
  setInterval(() => {
    if (cards.hasQueued && !document.hidden && live.isOpen) {
      live.ask("status=queued&limit=100").then((jobs) => cards.apply(jobs)).catch(() => {})
    }
  }, QUEUE_EVERY)
}
