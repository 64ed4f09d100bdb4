/**
 * The form: its draft, sending it, and loading it for another model. The server renders it, this
 * updates it.
 */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { isCreatingEnter, pressed } from "../../artgen/js/shortcuts.js"
import { dismiss, toast } from "../../artgen/js/toasts.js"
import { word } from "../../artgen/js/words.js"
import { showBalance } from "./balance.js"
import { describe } from "./describe.js"
import { Draft, fieldsOf, putInto, same } from "./draft.js"
import { showFailure } from "./failures.js"
import { FavoriteModels } from "./favorite_models.js"
import { takeLink, withLink } from "./form_links.js"
import { apart, KeptSettings, keptSources } from "./kept_settings.js"
import { isLimited } from "./limits.js"
import { wireLoadedPopovers } from "./loaded_popovers.js"
import { enhanceNegative, negativeClicked } from "./negative_prompt.js"
import { OriginalPrompt } from "./original_prompt.js"
import { showAlternatives } from "./prompt_alternatives.js"
import { showLength, showPromptError } from "./prompt_field.js"
import { linesOf, linesPasted, showLines } from "./prompt_lines.js"
import { PromptHelper } from "./prompt_helper.js"
import { PromptHistory } from "./prompt_history.js"
import { showForScript, takesSources, wireModelPicker } from "./model_picker.js"
import { Presets } from "./presets.js"
import { PRICED, pricedFields, Quote, spoken } from "./quote.js"
import { freshKey } from "./random.js"
import { hideSignedOut, showSignedOut } from "./signed_out.js"
import { showSize, sizeTyped } from "./size.js"
import { fillSliders, moveSlider, syncSliders } from "./sliders.js"
import { bareId } from "./source_roles.js"
import { Sources } from "./source_uploads.js"
import { lockSeed, requestedSeed, setSeed, showOpened, showSummary } from "./tuning.js"

const SAVE_AFTER = 300,
  TYPED_AFTER = 700 // ms without input; a number is typed digit by digit

export class Composer {
  /**
   * `side` contains form and lists. Sending calls `onPlacing(draft)`, then `onPlaced(runs)` or
   * `onRefused()`.
   */
  constructor({ side, data, onPlacing, onPlaced, onRefused }) {
    Object.assign(this, { side, data, onPlacing, onPlaced, onRefused })
    this.draft = new Draft(data.user)
    this.kept = new KeptSettings()
    this.quote = new Quote({ side, address: data.quote })
    this.history = new PromptHistory({
      side,
      data,
      draft: this.draft,
      show: (text) => this.#write(text),
    })
    this.replaced = null // {prompt, undo()} of the text that a script has put into the prompt
    this.original = new OriginalPrompt({ form: () => this.form })
    this.helper = new PromptHelper({
      form: () => this.form,
      account: `${data.api}account/`,
      take: (text, asked) => this.#takeProposal(text, asked),
      charged: () => this.quote.outdated(),
      signedOut: (problem) => {
        this.#save()
        showSignedOut(this.data, problem)
      },
    })
    this.sources = new Sources({
      side,
      data,
      changed: () => {
        this.#changed()
        this.quote.soon()
      },
      useOwn: (id) => this.useSource(id),
      useMoodboard: (id) => this.use(new URLSearchParams({ moodboard: id })),
      switchTo: (slug) => this.#switch(slug),
    })
    wireLoadedPopovers(side, data)
    wireModelPicker(side, (slug) => this.#switch(slug))
    new FavoriteModels({ side, data })
    this.presets = new Presets({
      side,
      data,
      apply: (id) => this.applyPreset(id),
      fields: () => {
        const body = new FormData(this.form)
        body.delete("upload")
        return body
      },
    })
    side.addEventListener("input", (event) => this.#input(event.target))
    side.addEventListener("paste", (event) => {
      if (event.target === this.prompt)
        linesPasted(this.form, event.clipboardData.getData("text/plain"))
    })
    side.addEventListener("change", (event) => {
      if (isLimited(event.target)) this.quote.soon(0)
    })
    side.addEventListener("click", (event) => this.#clicked(event))
    side.addEventListener("toggle", ({ target }) => showOpened(target), true)
    side.addEventListener("submit", (event) => {
      event.preventDefault()
      this.send(event.submitter?.name === "draft" ? event.submitter : null)
    })
    side.addEventListener("keydown", (event) => {
      if (this.helper.pressed(event)) return
      const isEarlier = pressed(event, "earlier_prompt")
      if (event.target === this.prompt && (isEarlier || pressed(event, "later_prompt"))) {
        event.preventDefault()
        this.history.step(isEarlier ? 1 : -1, () => this.prompt.value)
      }
      // The browser's own undo does not know a text that a script has written.
      const isReplaced = this.replaced?.prompt === this.prompt.value
      if (event.target === this.prompt && pressed(event, "undo_prompt") && isReplaced) {
        event.preventDefault()
        this.replaced.undo()
      }
      const isEnter = event.target === this.prompt && isCreatingEnter(event)
      if (isEnter || pressed(event, "create")) {
        event.preventDefault()
        if (!event.repeat) this.send()
      }
      if (pressed(event, "draft")) {
        event.preventDefault()
        if (!event.repeat) this.side.querySelector(".draft-button")?.click()
      }
    })
    window.addEventListener("pagehide", () => {
      if (this.unsaved) this.#save()
    })
    this.quote.drawn()
    this.#enhance()
    this.restored = this.#restore()
  }

  get form() {
    return this.side.querySelector("#composer")
  }

  get prompt() {
    return this.form.elements.prompt
  }

  /** Put a prompt into the form; keep the replaced one in the history. */
  setPrompt(text) {
    this.history.keep(this.prompt.value)
    this.#write(text)
    this.prompt.focus()
  }

  /** Put another prompt into the form; Undo restores what was in it. */
  replacePrompt(text, message = this.helper.box.dataset.taken) {
    const before = this.#state()
    this.#write(text)
    this.prompt.setSelectionRange(0, 0)
    this.prompt.focus({ preventScroll: true })
    this.prompt.scrollIntoView({ block: "center" })
    this.#offerUndo(before, message)
  }

  /** Replace the prompt by a proposal for `asked`; Undo restores what was in the form. */
  #takeProposal(text, asked) {
    const before = this.#state()
    const original = this.original.text || asked
    this.#write(text)
    this.original.set(original === text ? "" : original)
    this.prompt.focus()
    this.#offerUndo(before, this.helper.box.dataset.taken)
  }

  /**
   * Fill the form from a link: a job's parameters, a prompt, a source. Undo restores the old
   * values.
   */
  async use(query) {
    const before = this.#state()
    const isOther = query.has("job") || query.has("image")
    if (
      !(await this.#load(
        () => (isOther ? query : withLink(this.side, query, this.#fieldsForSwitch())),
        {
          isOther,
        },
      ))
    )
      return
    this.prompt.focus()
    this.#offerUndo(before, query.has("source") ? this.data.sourceAdded : this.data.used)
  }

  /** Take prompts that were written offline: the newest into the form, all into the history. */
  takeOffline(texts) {
    const [newest, ...others] = texts.filter((text) => text.trim() !== this.prompt.value.trim())
    for (const text of others.reverse()) this.history.keep(text)
    if (newest === undefined) return
    this.history.keep(this.prompt.value)
    this.#write(newest)
    toast(this.data.offlineDraft, { key: "offline-draft" })
  }

  /** Take what another app has shared: a prompt, and files as source images. */
  async receive({ text, files }) {
    if (text) this.setPrompt(text.slice(0, this.prompt.maxLength))
    if (!files.length) return
    const model = this.form.elements.model.value
    const other = takesSources(this.side)
    if (other && !takesSources(this.side, model)) await this.#switch(other)
    this.sources.add(files)
  }

  /** Use one of the user's images as the source, with a model that accepts one. */
  useSource(id) {
    return this.use(new URLSearchParams({ source: id }))
  }

  /** Put the values of a preset into the form; the prompt and source images stay. */
  async applyPreset(id) {
    const before = this.#state()
    const query = () => new URLSearchParams([...this.#typed(), ["preset", id]])
    if (!(await this.#load(query, { isPreset: true }))) return
    this.#offerUndo(before, this.data.presetApplied)
    this.form.querySelector("[data-left-out]")?.scrollIntoView({ block: "nearest" })
  }

  /** Return the fields as they are in the form, with source images that are not in it. */
  #typed() {
    const sources = this.sources.keptIds.map((id) => ["source_images", id])
    return new URLSearchParams([...fieldsOf(this.form), ...sources])
  }

  /** Save the new content of the form and offer to undo it. */
  #offerUndo(before, message = this.data.used) {
    const prompt = before.find(([name]) => name === "prompt")?.[1] ?? ""
    if (prompt !== this.prompt.value) this.history.keep(prompt)
    this.#changed()
    this.#save()
    this.quote.soon()
    const undo = () => {
      this.replaced = null
      dismiss("used")
      this.#restoreFields(before)
    }
    this.replaced = prompt === this.prompt.value ? null : { prompt: this.prompt.value, undo }
    toast(message, { key: "used", action: { label: this.data.undo, run: undo } })
  }

  /** Put another prompt into the form, which is not a translation of the one before. */
  #write(text) {
    this.prompt.value = text
    this.original.set("")
    this.#input(this.prompt, { typed: false })
  }

  /**
   * Create a job from the form, unless something is clearly missing; `draft` is the button of the
   * drafts to create instead.
   */
  async send(draft = null) {
    if (!this.#canSend(draft) || this.helper.holdsBack()) return
    this.form.setAttribute("aria-busy", "true")
    let placed = false
    this.onPlacing(draft)
    try {
      await this.sources.settled()
      if (this.sources.waiting.length) {
        toast(this.data.sourceWaits, { kind: "error", key: "not-arrived" })
        this.sources.waiting[0].querySelector("[data-send-source]").focus()
        return
      }
      const body = new FormData(this.form)
      body.delete("upload")
      if (draft) body.set("draft", draft.value)
      const quoted = pricedFields(this.form)
      const answer = await part(this.data.create, { method: "POST", form: body })
      showBalance(answer)
      placed = answer.ok
      if (answer.ok) this.#sent(answer.fragment, quoted)
      else this.#showErrors(answer.fragment)
    } catch (problem) {
      this.#sendFailed(problem)
    } finally {
      if (!placed) this.onRefused()
      this.form.removeAttribute("aria-busy")
    }
  }

  /** Return whether the form can be sent now; say what is missing. */
  #canSend(draft) {
    const button = this.form.querySelector("#create-button")
    if (!this.prompt.value.trim()) {
      showPromptError(this.form, this.form.querySelector("#prompt-error").dataset.empty)
      return false
    }
    if (this.sources.unsupported) {
      say(this.sources.unsupported)
      this.form.querySelector("[data-role-note] button:not([hidden])")?.focus()
      return false
    }
    if (!draft && button?.getAttribute("aria-disabled") === "true") {
      say(spoken(button))
      return false
    }
    return this.form.getAttribute("aria-busy") !== "true"
  }

  #sent(fragment, quoted) {
    this.form.elements.key.value = freshKey()
    showPromptError(this.form, "")
    this.form.querySelector(".note-bad")?.remove() // why it was refused before
    dismiss("failed")
    hideSignedOut()
    this.history.sent(this.prompt.value.trim())
    const runs = [...fragment.querySelectorAll("[data-run]")]
    for (const run of runs) run.remove()
    this.onPlaced(runs)
    this.quote.show(fragment, quoted)
  }

  #showErrors(fragment) {
    this.#replace(fragment)
    const wrong =
      this.form.querySelector("[aria-invalid=true]") ?? this.form.querySelector("[role=alert]")
    wrong?.focus({ preventScroll: true })
    wrong?.scrollIntoView({ block: "center" })
  }

  /** The key stays: if only the answer was lost, sending again creates nothing twice. */
  #sendFailed(problem) {
    if (problem.signedOut) this.#save()
    showFailure(problem, { ...this.data, notDone: this.data.notSent })
  }

  // --- what is shown --------------------------------------------------------------------------

  /** Prepare a form that the server has rendered: show what needs script. */
  #enhance() {
    if (!this.form) return
    for (const hidden of this.side.querySelectorAll(
      "[data-add-source], [data-toggle-negative], [data-dice], [data-lock], [data-own-images]",
    ))
      hidden.hidden = false
    this.history.enhance()
    for (const hidden of this.side.querySelectorAll("[data-all-styles]"))
      hidden.hidden = hidden.parentElement.querySelectorAll(".style").length < 5
    showForScript(this.side)
    fillSliders(this.form)
    enhanceNegative(this.form)
    this.quote.enhance()
    this.original.enhance()
    this.helper.enhance()
    this.#showKept()
    showSize(this.form)
    showSummary(this.form)
    this.#showPrompt()
    this.side
      .querySelector(".style:has(:checked)")
      ?.scrollIntoView?.({ block: "nearest", inline: "nearest" })
  }

  /** Show what depends on the prompt: its length, its lines, its alternatives. */
  #showPrompt() {
    showLines(this.form)
    showLength(this.form)
    showAlternatives(this.form)
  }

  /** Show below the model that it does not use some of the settings. */
  #showKept() {
    const old = this.form.querySelector("[data-settings-kept]")
    if (Boolean(old) === this.kept.isMentioned) return
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

  // --- what the user does ---------------------------------------------------------------------

  #input(target, { typed = true } = {}) {
    if (!target.form || target.form !== this.form) {
      if (!target.matches("[data-range]")) return
    }
    if (target === this.prompt || target.name === "lines") this.#showPrompt()
    if (target === this.prompt) {
      if (this.form.elements.lines.checked) this.quote.soon()
      if (typed) this.history.typed()
      if (target.value.trim()) showPromptError(this.form, "")
      else this.original.set("")
      this.helper.typed()
    }
    const slider = target.closest("[data-slider]")
    if (slider) moveSlider(slider, target)
    sizeTyped(this.form, target)
    if (target.name === "seed") lockSeed(this.form, target.value !== "")
    if (PRICED.has(target.name)) showSize(this.form)
    if (isLimited(target)) this.quote.soon(TYPED_AFTER)
    else if (PRICED.has(target.name) || slider) this.quote.soon()
    this.#changed()
  }

  #clicked(event) {
    const at = (selector) => event.target.closest(selector)
    if (this.helper.clicked(event.target)) return
    if (negativeClicked(this.form, event.target)) return
    const seed = requestedSeed(this.form, event.target)
    if (at("[data-use-original]")) {
      this.replacePrompt(this.original.text, this.data.used)
    } else if (at("[data-drop-original]")) {
      this.original.set("")
      this.prompt.focus()
      this.#changed()
    } else if (at("[data-describe-source]")) {
      this.#describe(at(".source"))
    } else if (seed !== null) {
      setSeed(this.form, seed)
      this.#changed()
      this.quote.soon()
    } else if (at("[data-prompt]")) {
      at("[popover]").hidePopover()
      this.setPrompt(at("[data-prompt]").textContent)
    } else if (at("[data-example]")) {
      event.preventDefault()
      this.setPrompt(at("[data-example]").dataset.example)
    } else if (at("[data-all-styles]")) {
      const open = this.side.querySelector(".style-row").classList.toggle("open")
      at("[data-all-styles]").setAttribute("aria-expanded", String(open))
    }
  }

  async #describe(source) {
    await this.sources.settled()
    const id = bareId(source.querySelector("[name=source_images]").value)
    const prompt = id ? await describe(id, this.data) : null
    if (prompt !== null) this.replacePrompt(prompt)
  }

  #changed() {
    showSummary(this.form)
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

  /**
   * Return the content of a draft: the form's fields and the settings that its model does not use.
   */
  #state() {
    const fields = fieldsOf(this.form)
    return [...fields, ...this.kept.unused(fields), ...keptSources(this.sources.keptIds)]
  }

  /** Return the fields for another model. */
  #fieldsForSwitch() {
    const fields = this.kept.merged(this.form, fieldsOf(this.form))
    return [...fields, ...this.sources.keptIds.map((id) => ["source_images", id])]
  }

  // --- forms from the server ------------------------------------------------------------------

  async #switch(slug) {
    await this.#load(() => new URLSearchParams([...this.#fieldsForSwitch(), ["switch", slug]]))
    this.#changed()
    this.quote.soon()
    this.side.querySelector(".model-button").focus()
  }

  /** Restore all fields: model, texts, sources. */
  async #restoreFields(fields) {
    if (!(await this.#load(() => new URLSearchParams(apart(fields).plain), { isOther: true })))
      return
    this.#restoreKept(fields)
    this.#changed()
  }

  /** Restore what a draft kept for other models. */
  #restoreKept(fields) {
    this.kept.restore(fields)
    this.kept.putInto(this.form, () => fieldsOf(this.form))
    this.#syncTuning()
    this.sources.keep(apart(fields).sources)
    this.#enhance()
    this.quote.soon()
  }

  /**
   * Load the form for `query()`; load again if the user changed something meanwhile.
   * `isOther`: another form, which does not get the settings kept for other models.
   * `isPreset`: nor does this one, but it keeps the source images.
   */
  async #load(query, { isOther = false, isPreset = false } = {}) {
    this.abort?.abort()
    this.abort = new AbortController()
    const asked = query()
    const text = String(asked)
    // Not sent: nothing depends on it, and two prompts may be too long for an address.
    const original = asked.get("original_prompt")
    asked.delete("original_prompt")
    const list = asked.has("lines") ? asked.get("prompt") : null // of any length
    if (list !== null) {
      asked.set("lines", linesOf(list).length)
      asked.delete("prompt")
    }
    try {
      const answer = await part(`${this.data.composer}?${asked}`, { signal: this.abort.signal })
      if (String(query()) !== text) return await this.#load(query, { isOther, isPreset })
      this.#replace(answer.fragment, { isOther, isPreset })
      if (original !== null) this.original.set(original)
      if (list !== null) {
        this.prompt.value = list
        this.form.elements.lines.checked = true
        this.#showPrompt()
      }
      return true
    } catch (problem) {
      showFailure(problem, this.data)
      return false
    }
  }

  /**
   * Insert the form and the list of models from the server; keep scroll position and open details.
   */
  #replace(fragment, { isOther = false, isPreset = false } = {}) {
    this.kept.unused(fieldsOf(this.form)) // changed fields replace kept settings
    if (isOther || isPreset) this.kept.clear()
    const before = this.sources.shown
    const scroll = this.form.querySelector(".composer-scroll").scrollTop
    const open = this.form.querySelector(".tuning")?.open
    const key = this.form.elements.key.value
    this.form.replaceWith(fragment.querySelector("#composer"))
    this.quote.drawn()
    const models = this.side.querySelector("#models")
    const isListOpen = models.matches(":popover-open")
    models.replaceWith(fragment.querySelector("#models"))
    if (isListOpen) this.side.querySelector("#models").showPopover()
    if (open && this.form.querySelector(".tuning")) this.form.querySelector(".tuning").open = true
    this.form.elements.key.value = key
    this.sources.adopt(before, { isOther })
    this.kept.putInto(this.form, () => fieldsOf(this.form))
    this.#syncTuning()
    this.#enhance()
    this.form.querySelector(".composer-scroll").scrollTop = scroll
  }

  /** The page was opened by a link that fills the form; `before` is the draft, or null. */
  async #applyLink(query, before) {
    const drawn = fieldsOf(this.form)
    if (!before || same(before, drawn)) {
      this.#changed()
      return
    }
    if (["job", "image", "saved", "share"].some((name) => query.has(name))) {
      this.#offerUndo(before)
      return
    }
    if (query.has("preset")) {
      await this.#restoreFields(before)
      await this.applyPreset(query.get("preset"))
      return
    }
    const { plain, sources } = apart(before)
    const wanted = [...plain, ...sources.map((id) => ["source_images", id])]
    if (!(await this.#load(() => withLink(this.side, query, wanted), { isOther: true }))) return
    this.#restoreKept(before)
    if (!same(before, this.#state())) this.#offerUndo(before)
  }

  /** Put the draft into the form, or keep it for Undo if a link has filled the form. */
  async #restore() {
    if (!this.form) return
    const fields = this.draft.read()
    if (this.data.filled === "true") {
      const query = takeLink()
      if (query) await this.#applyLink(query, fields)
      return
    }
    if (!fields) return
    const given = Object.fromEntries(fields)
    const fits = given.model === this.form.elements.model.value && !given.source_images
    if (!fits) {
      await this.#restoreFields(fields)
      return
    }
    putInto(this.form, apart(fields).plain)
    this.#restoreKept(fields)
  }

  /** Show the numbers and the seed that a script has put into the form. */
  #syncTuning() {
    syncSliders(this.form)
    const { seed } = this.form.elements
    if (seed) lockSeed(this.form, seed.value !== "")
  }
}
