/** The share page and the share dialog: updated in place. Works without script. */

import { wireShareSheet } from "./js/share_sheet.js"
import { wireCopying, wireSharing } from "./js/sharing.js"
import { wireWayBack } from "./js/way_back.js"

const data = document.getElementById("page-data").dataset
wireCopying(document.body, data)
wireSharing(document.body, data)
wireShareSheet(document.body, data)
wireWayBack(document.querySelector(".share-back"))
