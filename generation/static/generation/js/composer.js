/** The form: quote on the button, sliders, seed, size, drafts, sending. The server draws it; this keeps it alive. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { dismiss, toast } from "../../artgen/js/toasts.js"
import { plural, word } from "../../artgen/js/words.js"
import { showBalance } from "./balance.js"
import { Draft, fieldsOf, putInto, same } from "./draft.js"
import { apart, Kept, keptSources } from "./kept.js"
import { LIMITED } from "./limits.js"
import { Past } from "./past.js"
import { takesSources, wirePicker } from "./picker.js"
import { PRICED, Quote, spoken } from "./quote.js"
import { freshKey, randomSeed } from "./random.js"
import { tellSignedOut } from "./signed_out.js"
import { Sources } from "./sources.js"

const SAVE_AFTER = 300,
  TYPED_AFTER = 700 // ms of quiet; a number is typed digit by digit
const NEAR_LIMIT = 100 // characters before the prompt's limit from which the count is spoken
const ASKED = ["job", "share", "count", "seed", "prompt", "model", "source"] // what a link may ask the form to hold

export class Composer {
  /** `side` holds form and lists; `onPlacing()` hears of the press, then either `onPlaced(run)` or `onRefused()`. */
  constructor({ side, data, onPlacing, onPlaced, onRefused }) {
    Object.assign(this, { side, data, onPlacing, onPlaced, onRefused })
    this.draft = new Draft(data.user)
    this.kept = new Kept()
    this.quote = new Quote({ side, address: data.quote })
    this.past = new Past({ side, draft: this.draft, show: (text) => this.#write(text) })
    this.sources = new Sources({
      side,
      data,
      changed: () => {
        this.#changed()
        this.quote.soon()
      },
      useOwn: (id) => this.useSource(id),
    })
    wirePicker(side, (slug) => this.#switch(slug))
    side.addEventListener("input", (event) => this.#input(event.target))
    side.addEventListener("change", (event) => {
      if (LIMITED.has(event.target.name)) this.quote.soon(0)
    })
    side.addEventListener("click", (event) => this.#clicked(event))
    side.addEventListener("submit", (event) => {
      event.preventDefault()
      this.send()
    })
    side.addEventListener("keydown", (event) => {
      if (
        event.target === this.prompt &&
        event.altKey &&
        !event.ctrlKey &&
        !event.metaKey &&
        ["ArrowUp", "ArrowDown"].includes(event.key)
      ) {
        event.preventDefault()
        this.past.step(event.key === "ArrowUp" ? 1 : -1, this.prompt.value)
      }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        this.send()
      }
    })
    window.addEventListener("pagehide", () => {
      if (this.unsaved) this.#save()
    })
    this.#dress()
    this.#restore()
  }

  get form() {
    return this.side.querySelector("#composer")
  }

  get prompt() {
    return this.form.elements.prompt
  }

  /** Put a prompt into the form (an example, an earlier one); what was being written is among the earlier ones then. */
  setPrompt(text) {
    this.past.keep(this.prompt.value)
    this.#write(text)
    this.prompt.focus()
  }

  /** Take over what a link asks for: a job's parameters, a prompt, a source. What was there can be had back by Undo. */
  async use(query) {
    const before = this.#state()
    const isOther = query.has("job")
    if (
      !(await this.#load(() => (isOther ? query : this.#with(query, this.#wanted())), { isOther }))
    )
      return
    this.prompt.focus()
    this.#taken(before, query.has("source") ? this.data.sourceAdded : this.data.used)
  }

  /** Take a picture of one's own as the source, in a model that takes one. */
  useSource(id) {
    return this.use(new URLSearchParams({ source: id }))
  }

  /** Return `before` with what a link asks for in its place: all else stays. */
  #with(query, before) {
    const fields = before.filter(([name]) => !(name === "prompt" && query.has("prompt")))
    if (query.has("prompt")) fields.push(["prompt", query.get("prompt")])
    let model = query.get("model")
    if (query.has("source")) {
      const now = Object.fromEntries(fields).model,
        source = query.get("source")
      model ??= takesSources(this.side, now) ? null : takesSources(this.side)
      const most = Number(
        this.side.querySelector(`.model-option[value="${CSS.escape(model ?? now)}"]`)?.dataset
          .sources ?? 1,
      )
      const ids = fields
        .filter(([name, value]) => name === "source_images" && value && value !== source)
        .map(([, value]) => value)
      ids.splice(Math.max(0, most - 1), 0, source)
      const others = fields.filter(([name]) => name !== "source_images")
      fields.splice(0, Infinity, ...others, ...ids.map((id) => ["source_images", id]))
    }
    return new URLSearchParams(model ? [...fields, ["switch", model]] : fields)
  }

  /** The form holds something else now than `before`: keep it, offer the way back. */
  #taken(before, told = this.data.used) {
    const prompt = before.find(([name]) => name === "prompt")?.[1] ?? ""
    if (prompt !== this.prompt.value) this.past.keep(prompt)
    this.#changed()
    this.#save()
    this.quote.soon()
    toast(told, { key: "used", action: { label: this.data.undo, run: () => this.#put(before) } })
  }

  #write(text) {
    this.prompt.value = text
    this.#input(this.prompt, { typed: false })
  }

  /** Create a job from the form, unless something is clearly missing. */
  async send() {
    if (!this.#canSend()) return
    this.form.setAttribute("aria-busy", "true")
    let placed = false
    this.onPlacing()
    try {
      await this.sources.settled()
      if (this.sources.waiting.length) {
        toast(this.data.sourceWaits, { kind: "error", key: "not-arrived" })
        this.sources.waiting[0].querySelector("[data-send-source]").focus()
        return
      }
      const body = new FormData(this.form)
      body.delete("upload")
      const answer = await part(this.data.create, { method: "POST", form: body })
      showBalance(answer)
      placed = answer.ok
      if (answer.ok) this.#sent(answer.fragment)
      else if (answer.fragment.querySelector("#composer")) this.#showErrors(answer.fragment)
      else toast(this.data.failed, { kind: "error", key: "failed" })
    } catch (problem) {
      this.#sendFailed(problem)
    } finally {
      if (!placed) this.onRefused()
      this.form.removeAttribute("aria-busy")
    }
  }

  /** Tell whether the form can be sent now; say what is missing. */
  #canSend() {
    const button = this.form.querySelector("#create-button")
    if (!this.prompt.value.trim()) {
      this.#complain(this.form.querySelector("#prompt-error").dataset.empty)
      return false
    }
    if (button?.getAttribute("aria-disabled") === "true") {
      say(spoken(button))
      return false
    }
    return this.form.getAttribute("aria-busy") !== "true"
  }

  #sent(fragment) {
    this.form.elements.key.value = freshKey()
    this.#complain("")
    dismiss("failed")
    this.past.sent(this.prompt.value.trim())
    this.onPlaced(fragment.querySelector("[data-run]"))
    this.quote.soon()
  }

  #showErrors(fragment) {
    this.#replace(fragment)
    const wrong = this.form.querySelector("[aria-invalid=true]")
    wrong?.focus({ preventScroll: true })
    wrong?.scrollIntoView({ block: "center" })
  }

  /** The key stays: if only the answer was lost, sending again creates nothing twice. */
  #sendFailed(problem) {
    if (problem.signedOut) {
      this.#save()
      tellSignedOut(this.data, problem)
      return
    }
    const message = problem.status === 0 ? this.data.notSent : this.data.failed
    toast(message, { kind: "error", key: "failed" })
  }

  // --- what is shown --------------------------------------------------------------------------------------------------

  /** Do what only script can do for a form that the server has just drawn. */
  #dress() {
    if (!this.form) return
    for (const hidden of this.side.querySelectorAll(
      "[data-add-source], [data-toggle-negative], [data-dice], [data-lock], [data-own-pictures]",
    ))
      hidden.hidden = false
    this.past.dress()
    for (const hidden of this.side.querySelectorAll("[data-all-styles]"))
      hidden.hidden = hidden.parentElement.querySelectorAll(".style").length < 5
    for (const slider of this.side.querySelectorAll("[data-slider]")) fillSlider(slider)
    const negative = this.side.querySelector("#negative")
    if (negative)
      this.#showNegative(
        negative.classList.contains("negative-open") ||
          this.form.elements.negative_prompt.value !== "",
      )
    this.quote.dress()
    this.#showKept()
    this.#showSize()
    this.#showSummary()
    this.#showCount()
    this.side
      .querySelector(".style:has(:checked)")
      ?.scrollIntoView?.({ block: "nearest", inline: "nearest" })
  }

  #showNegative(open) {
    this.side.querySelector("#negative").classList.toggle("negative-open", open)
    const button = this.side.querySelector("[data-toggle-negative]")
    button.setAttribute("aria-expanded", String(open))
    button.setAttribute("aria-pressed", String(open))
  }

  /** Say below the model that it does not use some of what was set. */
  #showKept() {
    const old = this.form.querySelector("[data-settings-kept]")
    if (Boolean(old) === this.kept.tells) return
    if (old) {
      old.remove()
      return
    }
    const hint = document.createElement("p")
    hint.className = "hint"
    hint.dataset.settingsKept = ""
    hint.textContent = word("settings_kept", { model: this.sources.modelName })
    this.form.querySelector(".model-button").after(hint)
  }

  #showSize() {
    const { exact, width, height, shape } = this.form.elements
    this.form.classList.toggle("exact-on", Boolean(exact?.checked))
    const label = this.form.querySelector("[data-size]")
    if (!label) return
    if (exact && !exact.checked && shape?.value)
      [width.value, height.value] = shape.value.split("x")
    label.textContent = exact?.checked
      ? `${width.value} × ${height.value}`
      : (shape?.value ?? "").replace("x", " × ")
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

  #input(target, { typed = true } = {}) {
    if (!target.form || target.form !== this.form) {
      if (!target.matches("[data-range]")) return
    }
    if (target === this.prompt) {
      this.#showCount()
      if (typed) this.past.typed()
      if (target.value.trim()) this.#complain("")
    }
    const slider = target.closest("[data-slider]")
    if (slider && !target.matches("select")) {
      const [range, number] = [
        slider.querySelector("[data-range]"),
        slider.querySelector("[type=number]"),
      ]
      if (target === range) number.value = range.value
      else if (number.value !== "") range.value = number.value
      fillSlider(slider)
    }
    if (target.name === "width" || target.name === "height") this.form.elements.exact.checked = true
    if (target.name === "shape" && this.form.elements.exact)
      this.form.elements.exact.checked = false
    if (target.name === "seed") this.#lock(target.value !== "")
    if (PRICED.has(target.name)) this.#showSize()
    if (LIMITED.has(target.name)) this.quote.soon(TYPED_AFTER)
    else if (PRICED.has(target.name) || slider) this.quote.soon()
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
      this.#setSeed(
        at("[data-lock]").getAttribute("aria-pressed") === "true"
          ? ""
          : this.form.elements.seed.value || String(randomSeed()),
      )
    } else if (at("[data-prompt]")) {
      at("[popover]").hidePopover()
      this.setPrompt(at("[data-prompt]").textContent)
    } else if (at("[data-earlier]")) {
      this.past.step(1, this.prompt.value)
    } else if (at("[data-later]")) {
      this.past.step(-1, this.prompt.value)
    } else if (at("[data-all-styles]")) {
      const open = this.side.querySelector(".style-row").classList.toggle("open")
      at("[data-all-styles]").setAttribute("aria-expanded", String(open))
    }
  }

  #setSeed(text) {
    this.form.elements.seed.value = text
    this.#lock(text !== "")
    this.#changed()
    this.quote.soon()
  }

  #lock(on) {
    this.side.querySelector("[data-lock]").setAttribute("aria-pressed", String(on))
  }

  #changed() {
    this.#showSummary()
    this.kept.unused(fieldsOf(this.form))
    this.#showKept()
    this.unsaved = true
    clearTimeout(this.saving)
    this.saving = setTimeout(() => this.#save(), SAVE_AFTER)
  }

  #save() {
    clearTimeout(this.saving)
    this.unsaved = false
    if (this.form) this.draft.write(this.#state())
  }

  /** Return all that is kept: the form's fields, and beside them what its model does not use. */
  #state() {
    const fields = fieldsOf(this.form)
    return [...fields, ...this.kept.unused(fields), ...keptSources(this.sources.keptIds)]
  }

  /** Return what another model is to be asked for. */
  #wanted() {
    const fields = this.kept.merged(this.form, fieldsOf(this.form))
    return [...fields, ...this.sources.keptIds.map((id) => ["source_images", id])]
  }

  // --- what the server draws anew -------------------------------------------------------------------------------------------

  async #switch(slug) {
    await this.#load(() => new URLSearchParams([...this.#wanted(), ["switch", slug]]))
    this.#changed()
    this.quote.soon()
    this.side.querySelector(".model-button").focus()
  }

  /** Put fields back as they were: model, texts, sources and all. */
  async #put(fields) {
    if (!(await this.#load(() => new URLSearchParams(apart(fields).plain), { isOther: true })))
      return
    this.#keep(fields)
    this.#changed()
  }

  /** Keep beside the form what a draft kept there. */
  #keep(fields) {
    this.kept.restore(fields)
    this.kept.putInto(this.form, () => fieldsOf(this.form))
    this.#syncSliders()
    this.sources.keep(apart(fields).sources)
    this.#dress()
    this.quote.soon()
  }

  /**
   * Show the form that `query()` asks for; what is typed or chosen on the way is asked for again, not lost.
   * `isOther`: it is another form, of which what is kept beside this one is no part.
   */
  async #load(query, { isOther = false } = {}) {
    this.abort?.abort()
    this.abort = new AbortController()
    const asked = String(query())
    try {
      const answer = await part(`${this.data.composer}?${asked}`, { signal: this.abort.signal })
      if (!answer.ok) throw new Error()
      if (String(query()) !== asked) return await this.#load(query, { isOther })
      this.#replace(answer.fragment, { isOther })
      return true
    } catch (problem) {
      if (problem.signedOut) tellSignedOut(this.data, problem)
      else if (problem.name !== "AbortError")
        toast(this.data.failed, { kind: "error", key: "failed" })
      return false
    }
  }

  /** Put in the form and the list of models that the server has drawn; scroll position and open details stay. */
  #replace(fragment, { isOther = false } = {}) {
    this.kept.unused(fieldsOf(this.form)) // what has been changed is no wish any more
    if (isOther) this.kept.clear()
    const before = this.sources.shown
    const scroll = this.form.querySelector(".composer-scroll").scrollTop
    const open = this.form.querySelector(".tuning")?.open
    const key = this.form.elements.key.value
    this.form.replaceWith(fragment.querySelector("#composer"))
    this.side.querySelector("#models").replaceWith(fragment.querySelector("#models"))
    if (open && this.form.querySelector(".tuning")) this.form.querySelector(".tuning").open = true
    this.form.elements.key.value = key
    this.sources.adopt(before, { isOther })
    this.kept.putInto(this.form, () => fieldsOf(this.form))
    this.#syncSliders()
    this.#dress()
    this.form.querySelector(".composer-scroll").scrollTop = scroll
  }

  /** The page was opened by a link that asks for something; `before` is the draft, null without one. */
  async #asked(query, before) {
    const drawn = fieldsOf(this.form)
    if (!before || same(before, drawn)) {
      this.#changed()
      return
    }
    if (query.has("job") || query.has("share")) {
      this.#taken(before)
      return
    }
    const { plain, sources } = apart(before)
    const wanted = [...plain, ...sources.map((id) => ["source_images", id])]
    if (!(await this.#load(() => this.#with(query, wanted), { isOther: true }))) return
    this.#keep(before)
    if (!same(before, this.#state())) this.#taken(before)
  }

  /** Put the draft into the form that the server has drawn, or keep it for an Undo where a link has asked for something else. */
  #restore() {
    if (!this.form) return
    const fields = this.draft.read()
    const address = new URL(location.href)
    if (this.data.filled === "true" && ASKED.some((name) => address.searchParams.has(name))) {
      // Once is enough: a reload, the Back button or the switch of language must not fill the form again.
      const query = new URLSearchParams(
        ASKED.filter((name) => address.searchParams.has(name)).map((name) => [
          name,
          address.searchParams.get(name),
        ]),
      )
      for (const name of ASKED) address.searchParams.delete(name)
      history.replaceState(history.state, "", address)
      this.#asked(query, fields)
      return
    }
    if (this.data.filled === "true" || !fields) return
    const given = Object.fromEntries(fields)
    const fits = given.model === this.form.elements.model.value && !given.source_images
    if (!fits) {
      this.#put(fields)
      return
    }
    putInto(this.form, apart(fields).plain)
    this.#keep(fields)
  }

  #syncSliders() {
    const { seed } = this.form.elements
    if (seed) this.#lock(seed.value !== "")
    for (const slider of this.form.querySelectorAll("[data-slider]")) {
      const range = slider.querySelector("[data-range]")
      if (range) range.value = slider.querySelector("[type=number]").value
    }
  }
}

function fillSlider(slider) {
  const range = slider.querySelector("[data-range]")
  if (range)
    range.style.setProperty(
      "--value",
      (100 * (range.value - range.min)) / (range.max - range.min || 1),
    )
}
