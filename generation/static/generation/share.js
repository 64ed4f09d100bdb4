/** The share page and the share dialog: updated in place. Works without script. */

import { wireCopying, wireSharing } from "./js/sharing.js"

const data = document.getElementById("page-data").dataset
wireCopying(document.body, data)
wireSharing(document.body, data)
