/**
 * From Create to Compare: the link takes the prompt and settings along, through the storage of this
 * tab, since a prompt can be longer than an address.
 */

import { bareId } from "./source_roles.js"

const TAKEN = new Set(["prompt", "negative_prompt", "style", "seed"])

function keyOf(user) {
  return `artgen:compare:${user}`
}

/** Hand the fields of the composer over when its link to Compare is followed. */
export function wireCompareLink(side, user) {
  side.addEventListener("click", (event) => {
    const link = event.target.closest("[data-compare-link]")
    if (!link) return
    const fields = [...new FormData(side.querySelector("#composer"))]
    const taken = fields.filter(([name, value]) => TAKEN.has(name) && value)
    const model = fields.find(([name]) => name === "model")
    if (model) taken.push(["models", model[1]])
    const address = new URL(link.href)
    address.searchParams.delete("source")
    for (const [name, value] of fields)
      if (name === "source_images" && bareId(value)) address.searchParams.append("source", value)
    link.href = address
    try {
      sessionStorage.setItem(keyOf(user), JSON.stringify(taken))
    } catch {
      // Without storage the page opens empty.
    }
  })
}

/** Return what was handed over as [[name, value], …], once; null if nothing was. */
export function takeHandedOver(user) {
  try {
    const found = JSON.parse(sessionStorage.getItem(keyOf(user)))
    sessionStorage.removeItem(keyOf(user))
    return Array.isArray(found) ? found : null
  } catch {
    return null
  }
}
