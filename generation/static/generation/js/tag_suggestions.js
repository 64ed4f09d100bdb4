/** Suggestions of own tags below a field: arrow keys and Enter, or a tap. */

import { api } from "../../artgen/js/http.js"

const MAX_SHOWN = 8
const language = document.documentElement.lang

export class TagSuggestions {
  /**
   * `address` has the own tags as JSON; `taken()` returns the names to leave out; `choose(name)`
   * takes what is chosen. The field's `data-suggestions` names the list.
   */
  constructor(input, { address, taken, choose }) {
    Object.assign(this, { input, address, taken, choose })
    this.loading = null
    this.active = -1
    this.list = this.#makeList()
    input.closest(".tag-field").append(this.list)
    this.#listen()
  }

  /** Request the tags again before the next suggestions. */
  forget() {
    this.loading = null
  }

  hide() {
    this.list.hidden = true
    this.#activate(-1)
    this.input.setAttribute("aria-expanded", "false")
  }

  #makeList() {
    const list = document.createElement("ul")
    list.className = "menu tag-suggestions"
    list.id = "tag-suggestions"
    list.hidden = true
    list.setAttribute("role", "listbox")
    list.setAttribute("aria-label", this.input.dataset.suggestions)
    for (const [name, value] of Object.entries({
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-controls": list.id,
      "aria-expanded": "false",
    })) {
      this.input.setAttribute(name, value)
    }
    return list
  }

  #listen() {
    this.input.addEventListener("focus", () => this.show())
    this.input.addEventListener("click", () => this.list.hidden && this.show())
    this.input.addEventListener("input", () => this.show())
    this.input.addEventListener("blur", () => this.hide())
    this.input.addEventListener("keydown", (event) => this.#key(event))
    // The field keeps the focus, and a phone its keyboard.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault())
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]")
      if (option) this.#take(option)
    })
  }

  /** Show the tags that match the text after the last comma; all by use for none. */
  async show() {
    const names = matches(await this.#own(), typed(this.input.value), this.taken())
    if (document.activeElement !== this.input || !names.length) {
      this.hide()
      return
    }
    this.list.replaceChildren(...names.map(optionOf))
    this.list.hidden = false
    this.#activate(-1)
    this.input.setAttribute("aria-expanded", "true")
  }

  async #own() {
    this.loading ??= api(this.address)
    try {
      return await this.loading
    } catch {
      // Tags can be typed without suggestions; the next key tries again.
      this.loading = null
      return []
    }
  }

  #key(event) {
    if (event.isComposing) return
    const options = [...this.list.children]
    const isOpen = !this.list.hidden
    if (event.key === "ArrowDown" && !isOpen) {
      event.preventDefault()
      this.show()
    } else if (isOpen && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault()
      const step = event.key === "ArrowDown" ? 1 : -1
      const last = options.length - 1
      const next = this.active + step
      this.#activate(next > last ? -1 : next < -1 ? last : next)
    } else if (isOpen && event.key === "Escape") {
      event.preventDefault()
      event.stopPropagation()
      this.hide()
    } else if (isOpen && event.key === "Enter" && this.active >= 0) {
      event.preventDefault()
      this.#take(options[this.active])
    }
  }

  #take(option) {
    const { name } = option.dataset
    this.hide()
    this.choose(name)
  }

  #activate(index) {
    this.active = index
    const options = [...this.list.children]
    for (const [at, option] of options.entries()) {
      option.setAttribute("aria-selected", String(at === index))
    }
    const chosen = options[index]
    if (chosen) this.input.setAttribute("aria-activedescendant", chosen.id)
    else this.input.removeAttribute("aria-activedescendant")
    chosen?.scrollIntoView({ block: "nearest" })
  }
}

function typed(text) {
  return fold(text.slice(text.lastIndexOf(",") + 1).replace(/^[\s#]+/, ""))
}

function fold(text) {
  return text.normalize("NFC").toLowerCase().trim()
}

function matches(own, text, taken) {
  const left = new Set(taken.map(fold))
  const free = own.filter(({ name }) => !left.has(fold(name)))
  if (!text) return free.sort((a, b) => b.count - a.count).slice(0, MAX_SHOWN)
  const starting = free.filter(({ name }) => fold(name).startsWith(text))
  const others = free.filter(
    ({ name }) => fold(name).includes(text) && !fold(name).startsWith(text),
  )
  return [...starting, ...others].slice(0, MAX_SHOWN)
}

function optionOf({ name, count }, index) {
  const option = document.createElement("li")
  option.className = "menu-item"
  option.id = `tag-suggestion-${index}`
  option.dataset.name = name
  option.setAttribute("role", "option")
  option.append(span("menu-name", name), span("tag-count", count.toLocaleString(language)))
  return option
}

function span(className, text) {
  const element = document.createElement("span")
  element.className = className
  element.textContent = text
  return element
}
