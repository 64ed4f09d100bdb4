/** The star beside the model: favorite models are first in the list. */

import { part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showSignedOut } from "./signed_out.js"

export class FavoriteModels {
  /** `reload()` loads the form and the list of models again. */
  constructor({ side, data, reload }) {
    Object.assign(this, { side, data, reload })
    side.addEventListener("click", (event) => {
      const star = event.target.closest("button[data-favorite-model]")
      if (star) this.#toggle(star)
    })
  }

  async #toggle(star) {
    const favorite = star.getAttribute("aria-pressed") !== "true"
    star.setAttribute("aria-pressed", String(favorite))
    const body = new FormData()
    body.set("model", star.dataset.favoriteModel)
    body.set("favorite", favorite ? "1" : "0")
    try {
      const answer = await part(this.data.favoriteModel, { method: "POST", form: body })
      if (!answer.ok) throw new Error(`status ${answer.status}`)
    } catch (problem) {
      star.setAttribute("aria-pressed", String(!favorite))
      if (problem.signedOut) showSignedOut(this.data, problem)
      else toast(this.data.notDone, { kind: "error", key: "favorite-model" })
      return
    }
    toast(favorite ? this.data.favoriteOn : this.data.favoriteOff, { key: "favorite-model" })
    await this.reload()
    this.side.querySelector("button[data-favorite-model]")?.focus()
  }
}
