/** Comparison of variants: favorites without a reload; Escape goes back. Works without script. */

import { wireCardButtons } from "./js/card_buttons.js"

wireCardButtons(document.body, document.getElementById("page-data").dataset)
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector(":popover-open"))
    document.querySelector(".compare-head a").click()
})
