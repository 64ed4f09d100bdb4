/** Progress while the page is hidden: title, tab icon, and the button for push notifications. */

import { mayAskForPush } from "../../accounts/js/push.js"
import { notify } from "./push_offer.js"

export class Notifier {
  /** `button` turns on push notifications; `data` has texts and addresses of icons. */
  constructor({ data, button }) {
    this.data = data
    this.title = document.title
    this.icon = document.querySelector("link[rel=icon]")
    this.defaultIcon = this.icon?.href
    this.active = 0
    this.ready = this.failed = 0
    document.addEventListener("visibilitychange", () => this.#visibilityChanged())
    if (!button) return
    button.hidden = !mayAskForPush()
    button.addEventListener("click", async () => {
      await notify(data)
      button.hidden = !mayAskForPush()
    })
  }

  /** Show how many jobs are in progress. */
  show(active) {
    this.active = active
    this.#update()
  }

  /** Count the jobs that ended while the page is hidden. */
  ended(card) {
    if (!document.hidden) return
    if (card.dataset.status === "succeeded") this.ready += 1
    else if (card.dataset.status === "failed") this.failed += 1
    this.#update()
  }

  #update() {
    const done = this.active === 0 && this.ready + this.failed > 0
    const prefix = this.active ? `(${this.active}) ` : done ? (this.ready ? "✓ " : "! ") : ""
    document.title = prefix + this.title
    const icon = this.active
      ? this.data.iconBusy
      : done && this.ready
        ? this.data.iconDone
        : this.defaultIcon
    if (this.icon && icon && this.icon.getAttribute("href") !== icon)
      this.icon.setAttribute("href", icon)
  }

  #visibilityChanged() {
    if (document.hidden) return
    this.ready = this.failed = 0
    this.#update()
  }
}
