/** Keys of every page of the admin; those of all pages are in base.js. */

import { isTyping, pressed } from "./js/shortcuts.js"

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || isTyping(event) || !pressed(event, "search")) return
  const search = document.querySelector("#searchbar") ?? document.getElementById("admin-search")
  event.preventDefault()
  search.focus()
  search.select()
})
