/** Variants side by side: favorites without leaving the page; Escape leads back. It works without script. */

import { wirePictures } from "./js/pictures.js"

wirePictures(document.body, document.getElementById("page-data").dataset)
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector(":popover-open"))
    document.querySelector(".compare-head a").click()
})
