/** The form: quote on the button, sliders, seed, size, drafts, sending. The server draws it; this keeps it alive. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { dismiss, toast } from "../../artgen/js/toasts.js"
import { plural, word } from "../../artgen/js/words.js"
import { showBalance } from "./balance.js"
import { Draft, fieldsOf } from "./draft.js"
import { wirePicker } from "./picker.js"
import { Sources } from "./sources.js"

const QUOTE_AFTER = 250, SAVE_AFTER = 300, SAY_AFTER = 600 // ms of quiet
const NEAR_LIMIT = 100 // characters before the prompt's limit from which the count is spoken
const SEED_MAX = 2 ** 31 - 1
const PRICED = new Set(["model", "shape", "exact", "width", "height", "count"])

export class Composer {
  /** `side` holds form and lists; `onPlaced(run)` gets the new run's element. */
  constructor({ side, data, onPlaced }) {
    Object.assign(this, { side, data, onPlaced })
    this.draft = new Draft(data.user)
    this.timers = {}
    this.sources = new Sources({ side, data, changed: () => this.#changed() })
    wirePicker(side, (slug) => this.#switch(slug))
    side.addEventListener("input", (event) => this.#input(event.target))
    side.addEventListener("click", (event) => this.#clicked(event))
    side.addEventListener("submit", (event) => {
      event.preventDefault()
      this.send()
    })
    side.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        this.send()
      }
    })
    document.addEventListener("balance", () => this.#quoteSoon())
    window.addEventListener("pagehide", () => this.#save())
    this.#dress()
    this.#restore()
  }

  get form() {
    return this.side.querySelector("#composer")
  }

  get prompt() {
    return this.form.elements.prompt
  }

  /** Put a prompt into the form (an example, an earlier one). */
  setPrompt(text) {
    this.prompt.value = text
    this.#input(this.prompt)
    this.prompt.focus()
  }

  /** Take over the parameters of a job; what was there can be had back by Undo. */
  async use(query) {
    const before = fieldsOf(this.form)
    if (!(await this.#load(() => query))) return
    this.#changed()
    this.prompt.focus()
    toast(this.data.used, { key: "used", action: { label: this.data.undo, run: () => this.#put(before) } })
  }

  /** Place what the form holds, unless something is plainly missing. */
  async send() {
    const button = this.form.querySelector("#create-button")
    if (!this.prompt.value.trim()) {
      this.#complain(this.form.querySelector("#prompt-error").dataset.empty)
      return
    }
    if (button?.getAttribute("aria-disabled") === "true") {
      say(spoken(button))
      return
    }
    if (this.form.getAttribute("aria-busy") === "true") return
    this.form.setAttribute("aria-busy", "true")
    try {
      if (this.sources.busy) await this.sources.settled()
      const body = new FormData(this.form)
      body.delete("upload")
      const answer = await part(this.data.create, { method: "POST", form: body })
      showBalance(answer)
      if (answer.ok) {
        this.form.elements.key.value = freshKey()
        this.#complain("")
        dismiss("failed")
        this.#remember(this.prompt.value.trim())
        this.onPlaced(answer.fragment.querySelector("[data-run]"))
        this.#quoteSoon()
      } else if (answer.fragment.querySelector("#composer")) {
        this.#replace(answer.fragment)
        const wrong = this.form.querySelector("[aria-invalid=true]")
        wrong?.focus({ preventScroll: true })
        wrong?.scrollIntoView({ block: "center" })
      } else {
        toast(this.data.failed, { kind: "error", key: "failed" })
      }
    } catch (problem) {
      // The key stays: sending again after an answer was lost places nothing twice.
      const text = problem.status === 401 ? this.data.signedOut : problem.status === 0 ? this.data.notSent : this.data.failed
      toast(text, { kind: "error", key: "failed" })
    } finally {
      this.form.removeAttribute("aria-busy")
    }
  }

  // --- what is shown --------------------------------------------------------------------------------------------------

  /** Do what only script can do for a form that the server has just drawn. */
  #dress() {
    if (!this.form) return
    for (const hidden of this.side.querySelectorAll("[data-add-source], [data-toggle-negative], [data-dice], [data-lock]")) hidden.hidden = false
    for (const hidden of this.side.querySelectorAll("[data-history]")) hidden.hidden = !this.side.querySelector("#history [data-prompt]")
    for (const hidden of this.side.querySelectorAll("[data-all-styles]")) hidden.hidden = hidden.parentElement.querySelectorAll(".style").length < 5
    for (const slider of this.side.querySelectorAll("[data-slider]")) fillSlider(slider)
    const negative = this.side.querySelector("#negative")
    if (negative) this.#showNegative(negative.classList.contains("negative-open") || this.form.elements.negative_prompt.value !== "")
    this.#dressButton()
    this.#showSize()
    this.#showSummary()
    this.#showCount()
    this.side.querySelector(".style:has(:checked)")?.scrollIntoView?.({ block: "nearest", inline: "nearest" })
  }

  #dressButton() {
    for (const keys of this.side.querySelectorAll(".create-keys")) {
      keys.hidden = matchMedia("(pointer: coarse)").matches
      if (/Mac|iPhone|iPad/.test(navigator.platform)) keys.querySelector("[data-modifier]").textContent = "⌘"
    }
  }

  #showNegative(open) {
    this.side.querySelector("#negative").classList.toggle("negative-open", open)
    const button = this.side.querySelector("[data-toggle-negative]")
    button.setAttribute("aria-expanded", String(open))
    button.setAttribute("aria-pressed", String(open))
  }

  #showSize() {
    const { exact, width, height, shape } = this.form.elements
    this.form.classList.toggle("exact-on", Boolean(exact?.checked))
    const label = this.form.querySelector("[data-size]")
    if (!label) return
    if (exact && !exact.checked && shape?.value) [width.value, height.value] = shape.value.split("x")
    label.textContent = exact?.checked ? `${width.value} × ${height.value}` : (shape?.value ?? "").replace("x", " × ")
  }

  #showSummary() {
    const summary = this.form.querySelector("[data-summary]")
    if (!summary) return
    const { steps, seed } = this.form.elements
    const parts = []
    if (steps?.value) parts.push(plural("steps", Number(steps.value)))
    if (seed) parts.push(word(seed.value ? "own_seed" : "random_seed"))
    summary.textContent = parts.join(" · ")
  }

  #showCount() {
    const count = this.form.querySelector("[data-count]")
    const length = this.prompt.value.length
    count.textContent = length
    const near = length >= this.prompt.maxLength - NEAR_LIMIT
    count.parentElement.classList.toggle("near", near)
    if (near) say(`${length} / ${this.prompt.maxLength}`)
  }

  /** Put a prompt on top of the earlier ones. */
  #remember(text) {
    const list = this.side.querySelector("#history")
    for (const known of list.querySelectorAll("[data-prompt]")) if (known.textContent === text) known.remove()
    const item = list.querySelector("template").content.firstElementChild.cloneNode(true)
    item.textContent = text
    list.querySelector(".menu-head").after(item)
    for (const button of this.side.querySelectorAll("[data-history]")) button.hidden = false
  }

  #complain(text) {
    const error = this.form.querySelector("#prompt-error")
    error.hidden = !text
    error.querySelector("span").textContent = text
    if (text) {
      this.prompt.setAttribute("aria-invalid", "true")
      this.prompt.setAttribute("aria-describedby", "prompt-error prompt-count")
      this.prompt.focus()
    } else {
      this.prompt.removeAttribute("aria-invalid")
    }
  }

  // --- what the user does -----------------------------------------------------------------------------------------------

  #input(target) {
    if (!target.form || target.form !== this.form) {
      if (!target.matches("[data-range]")) return
    }
    if (target === this.prompt) {
      this.#showCount()
      if (target.value.trim()) this.#complain("")
    }
    const slider = target.closest("[data-slider]")
    if (slider && !target.matches("select")) {
      const [range, number] = [slider.querySelector("[data-range]"), slider.querySelector("[type=number]")]
      if (target === range) number.value = range.value
      else if (number.value !== "") range.value = number.value
      fillSlider(slider)
    }
    if (target.name === "width" || target.name === "height") this.form.elements.exact.checked = true
    if (target.name === "shape" && this.form.elements.exact) this.form.elements.exact.checked = false
    if (target.name === "seed") this.#lock(target.value !== "")
    if (PRICED.has(target.name)) {
      this.#showSize()
      this.#quoteSoon()
    }
    this.#changed()
  }

  #clicked(event) {
    const at = (selector) => event.target.closest(selector)
    const negative = at("[data-toggle-negative]")
    if (negative) {
      const open = negative.getAttribute("aria-expanded") !== "true"
      this.#showNegative(open)
      if (open) this.form.elements.negative_prompt.focus()
    } else if (at("[data-dice]")) {
      this.#setSeed(String(randomSeed()))
    } else if (at("[data-lock]")) {
      this.#setSeed(at("[data-lock]").getAttribute("aria-pressed") === "true" ? "" : this.form.elements.seed.value || String(randomSeed()))
    } else if (at("[data-prompt]")) {
      at("[popover]").hidePopover()
      this.setPrompt(at("[data-prompt]").textContent)
    } else if (at("[data-all-styles]")) {
      const open = this.side.querySelector(".style-row").classList.toggle("open")
      at("[data-all-styles]").setAttribute("aria-expanded", String(open))
    }
  }

  #setSeed(text) {
    this.form.elements.seed.value = text
    this.#lock(text !== "")
    this.#changed()
  }

  #lock(on) {
    this.side.querySelector("[data-lock]").setAttribute("aria-pressed", String(on))
  }

  #changed() {
    this.#showSummary()
    clearTimeout(this.timers.save)
    this.timers.save = setTimeout(() => this.#save(), SAVE_AFTER)
  }

  #save() {
    if (this.form) this.draft.write(fieldsOf(this.form))
  }

  // --- what the server draws anew -------------------------------------------------------------------------------------------

  async #switch(slug) {
    await this.#load(() => new URLSearchParams([...fieldsOf(this.form), ["switch", slug]]))
    this.#changed()
    this.side.querySelector(".model-button").focus()
  }

  /** Put fields back as they were: model, texts, sources and all. */
  async #put(fields) {
    if (await this.#load(() => new URLSearchParams(fields))) this.#changed()
  }

  /** Show the form that `query()` asks for; what is typed or chosen on the way is asked for again, not lost. */
  async #load(query) {
    this.abort?.abort()
    this.abort = new AbortController()
    const asked = String(query())
    try {
      const answer = await part(`${this.data.composer}?${asked}`, { signal: this.abort.signal })
      if (!answer.ok) throw new Error()
      if (String(query()) !== asked) return await this.#load(query)
      this.#replace(answer.fragment)
      return true
    } catch (problem) {
      if (problem.name !== "AbortError") toast(problem.status === 401 ? this.data.signedOut : this.data.failed, { kind: "error", key: "failed" })
      return false
    }
  }

  /** Put in the form and the list of models that the server has drawn; scroll position and open details stay. */
  #replace(fragment) {
    const scroll = this.form.querySelector(".composer-scroll").scrollTop
    const open = this.form.querySelector(".tuning")?.open
    const key = this.form.elements.key.value
    this.form.replaceWith(fragment.querySelector("#composer"))
    this.side.querySelector("#models").replaceWith(fragment.querySelector("#models"))
    if (open && this.form.querySelector(".tuning")) this.form.querySelector(".tuning").open = true
    this.form.elements.key.value = key
    this.#dress()
    this.form.querySelector(".composer-scroll").scrollTop = scroll
  }

  #quoteSoon() {
    if (!this.form) return
    this.side.querySelector("#create-dock").classList.add("quote-old")
    clearTimeout(this.timers.quote)
    this.timers.quote = setTimeout(() => this.#quote(), QUOTE_AFTER)
  }

  async #quote() {
    this.quoteAbort?.abort()
    this.quoteAbort = new AbortController()
    const asked = fieldsOf(this.form).filter(([name]) => PRICED.has(name))
    try {
      const answer = await part(`${this.data.quote}?${new URLSearchParams(asked)}`, { signal: this.quoteAbort.signal })
      if (!answer.ok) return
      const dock = this.side.querySelector("#create-dock")
      const hadFocus = dock.contains(document.activeElement)
      dock.replaceChildren(answer.fragment)
      dock.classList.remove("quote-old")
      this.#dressButton()
      const button = dock.querySelector("#create-button")
      if (hadFocus) button?.focus()
      clearTimeout(this.timers.say)
      if (spoken(button) === this.quoted) return
      this.quoted = spoken(button)
      this.timers.say = setTimeout(() => say(this.quoted), SAY_AFTER)
    } catch {
      // Offline: the old quote stays, dimmed; the server has the last word anyway.
    }
  }

  #restore() {
    if (!this.form) return
    const fields = this.draft.read()
    if (this.data.filled === "true" || !fields) return
    const given = Object.fromEntries(fields)
    const same = given.model === this.form.elements.model.value && !given.source_images
    if (!same) {
      this.#put(fields)
      return
    }
    for (const control of this.form.elements) {
      if (!control.name || control.type === "hidden" || control.type === "file") continue
      if (control.type === "radio" || control.type === "checkbox") {
        const has = fields.some(([name, value]) => name === control.name && value === control.value)
        if (control.type === "checkbox" || has) control.checked = has
      } else if (control.name in given) {
        control.value = given[control.name]
      }
    }
    const { seed } = this.form.elements
    if (seed) this.#lock(seed.value !== "")
    for (const slider of this.form.querySelectorAll("[data-slider]")) {
      const range = slider.querySelector("[data-range]")
      if (range) range.value = slider.querySelector("[type=number]").value
    }
    this.#dress()
    this.#quoteSoon()
  }
}

function fillSlider(slider) {
  const range = slider.querySelector("[data-range]")
  if (range) range.style.setProperty("--value", (100 * (range.value - range.min)) / (range.max - range.min || 1))
}

/** What the button says now, without the words for the moment of placing. */
function spoken(button) {
  if (!button) return ""
  const parts = [...button.children].filter((part) => !part.matches(".create-placing"))
  return parts.map((part) => part.textContent).join(" ").trim().replace(/\s+/g, " ")
}

function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % (SEED_MAX + 1)
}

/** A key by which the server knows that a form sent twice is one order. */
function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}
