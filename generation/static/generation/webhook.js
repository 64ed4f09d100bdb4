/** The page of a webhook: updates the log while something is being sent. */

import { keepUpdated } from "../accounts/js/part_updates.js"

let polls = 60 // then only a reload shows more

keepUpdated("webhook-log", {
  interval: 1_000,
  again: (log) => {
    polls -= 1
    return "running" in log.dataset && polls >= 0
  },
})
