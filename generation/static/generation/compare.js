/** Comparison of variants: favorites without a reload; Escape goes back. Works without script. */

import { wireCardButtons } from "./js/card_buttons.js"
import { wireWayBack } from "./js/way_back.js"

wireCardButtons(document.body, document.getElementById("page-data").dataset)
wireWayBack(document.querySelector(".compare-head a"))
