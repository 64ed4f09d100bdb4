/** The stars in the list of models: favorite models are first when it opens again. */

import { part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { loadAgain } from "./loaded_popovers.js"
import { showSignedOut } from "./signed_out.js"

export class FavoriteModels {
  constructor({ side, data }) {
    this.data = data
    side.addEventListener("click", (event) => {
      const star = event.target.closest("[data-favorite-model]")
      if (star) this.#toggle(star)
    })
  }

  #toggle(star) {
    const favorite = star.ariaPressed !== "true"
    star.ariaPressed = String(favorite)
    loadAgain(star.closest("[popover]"), this.#save(star, favorite))
  }

  async #save(star, favorite) {
    const body = new FormData()
    body.set("model", star.dataset.favoriteModel)
    body.set("favorite", favorite ? "1" : "0")
    try {
      const answer = await part(this.data.favoriteModel, { method: "POST", form: body })
      if (!answer.ok) throw new Error(`status ${answer.status}`)
    } catch (problem) {
      star.ariaPressed = String(!favorite)
      if (problem.signedOut) showSignedOut(this.data, problem)
      else toast(this.data.notDone, { kind: "error", key: "favorite-model" })
    }
  }
}
