/** The stars in the list of models: favorite models are first when it opens again. */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"
import { loadAgain } from "./loaded_popovers.js"

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
      await part(this.data.favoriteModel, { method: "POST", form: body })
    } catch (problem) {
      star.ariaPressed = String(!favorite)
      showFailure(problem, this.data)
    }
  }
}
