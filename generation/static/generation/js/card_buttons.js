/** Favorite and copy buttons of cards. */

import { api } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showFailure } from "./failures.js"

export function wireCardButtons(root, data) {
  root.addEventListener("click", async (event) => {
    const heart = event.target.closest("[data-favorite]")
    if (heart) {
      event.preventDefault() // without script it submits a form
      const favorite = heart.getAttribute("aria-pressed") !== "true"
      heart.setAttribute("aria-pressed", String(favorite))
      try {
        await api(`${data.api}images/${heart.dataset.favorite}/`, {
          method: "PATCH",
          json: { favorite },
        })
      } catch (problem) {
        heart.setAttribute("aria-pressed", String(!favorite))
        showFailure(problem, data)
      }
    }
    const copy = event.target.closest("[data-copy]")
    if (copy) {
      copy.closest("[popover]")?.hidePopover()
      await navigator.clipboard.writeText(copy.dataset.copy)
      toast(data.copied)
    }
  })
}
