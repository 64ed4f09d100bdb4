/** Pages with links to copy. They work without script. */

import { wireCopying } from "./js/sharing.js"

wireCopying(document.body, document.getElementById("page-data").dataset)
