/** The share page, and the dialog of the same pieces: they change in place. All of it works without script. */

import { wireCopying, wireSharing } from "./js/sharing.js"

const data = document.getElementById("page-data").dataset
wireCopying(document.body, data)
wireSharing(document.body, data)
