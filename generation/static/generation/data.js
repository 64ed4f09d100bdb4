/** The data page: updates the progress of the export. */

import { keepUpdated } from "../accounts/js/part_updates.js"
import { say } from "../artgen/js/status.js"

const isRunning = (element) => "running" in element.dataset

keepUpdated("export", {
  interval: 2_000,
  again: isRunning,
  updated: (now) => {
    if (isRunning(now)) return
    document.getElementById("export-ask").hidden = false
    say(now.dataset.ready)
  },
})
