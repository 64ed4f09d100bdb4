/** What the actions on a selection share: their requests, and the place of their menus. */

import { api, Problem } from "../../artgen/js/http.js"

/** Post ids to an address of the selection; return {message, changed, …}, throw Problem. */
export async function postSelection(address, ids, fields = {}) {
  const form = new FormData()
  form.set("ids", ids.join(","))
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  const answer = await api(address, { method: "POST", form, headers: { "X-Part": "1" } })
  if (answer === null && !("as" in fields)) {
    throw new Problem({ status: 401 })
  }
  return answer
}

/** A menu of the bar opens above its button, as far as the window allows. */
export function placeAbove(menu, button) {
  const box = button.getBoundingClientRect()
  menu.style.setProperty("--left", `${Math.round(box.left + box.width / 2)}px`)
}
