/** Connect the cards to the server and show the state of the connection. */

import { dismiss, toast } from "../../artgen/js/toasts.js"
import { Live } from "./live_updates.js"
import { offerPush } from "./push_offer.js"
import { hideSignedOut, showSignedOut } from "./signed_out.js"

const REFRESH_EVERY = 10_000 // ms: wait times and queue positions change without events

/** Start the connection for `cards`; texts and addresses come from `data`. */
export function connect(cards, data) {
  let lost = ""
  const live = new Live({
    socket: data.socket,
    jobs: `${data.api}jobs/`,
    onJobs: (jobs, how) => {
      cards.apply(jobs, how)
      offerPush(jobs, data)
    },
    onState: (state) => {
      if ((state === "offline" || state === "away") && lost !== state) {
        lost = state
        toast(state === "away" ? data.away : data.offline, {
          key: "offline",
          icon: "wifi-off",
          stays: true,
        })
      } else if (state === "signed out") {
        lost = state
        dismiss("offline")
        showSignedOut(data)
      } else if ((state === "live" || state === "polling") && lost) {
        lost = ""
        hideSignedOut()
        toast(data.online, { key: "offline" })
      }
    },
  })
  live.connect()
  setInterval(() => {
    if (cards.active.size && !document.hidden) live.refresh()
  }, REFRESH_EVERY)
}
