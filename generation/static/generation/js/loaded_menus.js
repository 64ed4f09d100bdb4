/** Menus <details data-loaded-from="address">: their list is loaded when they open. */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"
import { wireMenuField } from "./menu_field.js"

export function wireLoadedMenus(data) {
  for (const menu of document.querySelectorAll("[data-loaded-from]")) {
    menu.addEventListener("toggle", () => {
      if (menu.open) load(menu, data)
    })
  }
}

/** Replace the link to the page of the list, which is there without script. */
async function load(menu, data) {
  try {
    const { fragment } = await part(menu.dataset.loadedFrom)
    const list = menu.querySelector(".menu")
    list.replaceChildren(fragment)
    wireMenuField(list)
  } catch (problem) {
    showFailure(problem, data)
  }
}
