/** A toolbar is one stop of the Tab key; arrow keys move inside it. */

export class Toolbar {
  constructor(bar) {
    this.buttons = [...bar.querySelectorAll("button")]
    this.#stopAt(null)
    this.update()
    bar.addEventListener("focusin", (event) => this.#stopAt(event.target.closest("button")))
    bar.addEventListener("keydown", (event) => this.#key(event))
  }

  /** Choose another stop where the button that was it is hidden now. */
  update() {
    const shown = this.buttons.filter((button) => !button.hidden)
    if (!shown.some((button) => button.tabIndex === 0)) this.#stopAt(shown[0])
  }

  /** Focus the button that the Tab key leads to. */
  focus() {
    this.buttons.find((button) => button.tabIndex === 0)?.focus()
  }

  #stopAt(stop) {
    for (const button of this.buttons) button.tabIndex = button === stop ? 0 : -1
  }

  #key(event) {
    const shown = this.buttons.filter((button) => button.offsetParent !== null)
    const index = shown.indexOf(document.activeElement)
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: shown.length - 1 }[
      event.key
    ]
    if (next === undefined) return
    event.preventDefault()
    shown[(next + shown.length) % shown.length].focus()
  }
}
