/**
 * Translate and enhance: one button asks for the proposal that helps: a translation of a prompt that
 * the model does not read, else an enhancement. It is shown beside the prompt with the changes
 * marked, and replaces the prompt if the user takes it. Its state outlives the form, which the server
 * replaces.
 */

import { api } from "../../artgen/js/http.js"
import { pressed } from "../../artgen/js/shortcuts.js"
import { say } from "../../artgen/js/status.js"
import { plural } from "../../artgen/js/words.js"
import { showBalance } from "./balance.js"
import { needsTranslation } from "./prompt_language.js"
import { wordDiff } from "./word_diff.js"

const SECONDS = 60 // the server gives up earlier
const MAX_ENHANCED = 800 // characters: an enhancement has no more

export class PromptHelper {
  /**
   * `form()` returns the current form, `account` is the address of the balance. `take(text,
   * original)` puts a proposal into the form; `charged()` is called when the balance has changed;
   * `signedOut(problem)` when nobody is signed in.
   */
  constructor({ form, account, take, charged, signedOut }) {
    Object.assign(this, { form, account, take, charged, signedOut })
    this.proposal = null // {kind, asked, text, language, isEdited}
    this.waiting = null // {kind, isAutomatic}
    this.error = ""
    this.note = ""
    this.settled = "" // the prompt for which nothing is proposed again before creating
  }

  get box() {
    return this.form()?.querySelector("#prompt-helper")
  }

  get spark() {
    return this.form().querySelector(".spark")
  }

  get prompt() {
    return this.form().elements.prompt.value.trim()
  }

  /** Show the buttons and the state, after the form was rendered. */
  enhance() {
    if (!this.box) return
    this.box.hidden = false
    this.#show()
  }

  /** The user changed the prompt. */
  typed() {
    if (!this.box) return
    this.error = ""
    this.note = ""
    this.#showSpark()
    this.#showHint()
    this.#showError()
  }

  /** Handle a click; return whether it was meant for this. */
  clicked(target) {
    const at = (selector) => target.closest(selector)
    if (!this.box?.contains(target) && !at(".spark")) return false
    if (at(".spark")) this.propose(this.spark.dataset.propose)
    else if (at("[data-translate-instead]")) this.propose("translate")
    else if (at("[data-take]")) this.#take()
    else if (at("[data-leave]")) this.#leave()
    else if (at("[data-edit-proposal]")) this.#edit()
    return true
  }

  /** Handle a key inside a proposal: leave it or take it. */
  pressed(event) {
    if (!this.proposal || !event.target.closest("[data-proposal]")) return false
    if (pressed(event, "leave_proposal")) this.#leave()
    else if (pressed(event, "take_proposal")) this.#take()
    else return false
    event.preventDefault()
    return true
  }

  /**
   * Create was selected: return true if a proposal comes first, as the user has set. It comes once
   * for a prompt; Create again sends the prompt that is in the form.
   */
  holdsBack() {
    if (!this.box) return false
    if (this.waiting?.isAutomatic) {
      say(this.box.dataset.wait)
      return true
    }
    const { automatic, codes } = this.box.dataset
    const wanted =
      automatic === "enhance" || (automatic === "translate" && needsTranslation(this.prompt, codes))
    if (!wanted || this.waiting || this.settled === this.prompt || !this.prompt) {
      this.#close()
      return false
    }
    this.propose(automatic, { isAutomatic: true })
    return true
  }

  async propose(kind, { isAutomatic = false } = {}) {
    const asked = this.prompt
    const field = this.form().elements.prompt
    if (this.waiting) return
    if (!asked) {
      field.focus()
      return
    }
    this.waiting = { kind, isAutomatic }
    this.proposal = null
    this.error = ""
    this.note = ""
    this.#show()
    say(this.#waitingText(kind))
    try {
      const answer = await this.#ask(kind, asked)
      this.waiting = null
      this.#propose(kind, asked, answer)
    } catch (problem) {
      this.waiting = null
      if (problem.code === "price_too_high") {
        this.spark.dataset[`${kind}Credits`] = problem.needed
        this.spark.dataset[`${kind}Price`] = plural("credits", problem.needed)
      }
      this.#failed(problem, { isAutomatic })
    }
  }

  #ask(kind, asked) {
    const json = { prompt: asked, max_credits: Number(this.spark.dataset[`${kind}Credits`]) }
    if (kind === "translate") json.model = this.form().elements.model.value
    return api(this.box.dataset[kind], { method: "POST", json, seconds: SECONDS })
  }

  #propose(kind, asked, answer) {
    this.settled = asked
    if (answer.credits) this.#updateBalance()
    const { prompt: text, language } = answer
    if (text === asked) this.note = this.box.dataset.unchanged
    else this.proposal = { kind, asked, text, language, isEdited: false }
    this.#show()
    say(this.note || this.#title(kind))
    if (!this.proposal) return
    const section = this.box.querySelector("[data-proposal]")
    section.scrollIntoView({ block: "nearest" })
    // Not while the user goes on typing.
    if (document.activeElement !== this.form().elements.prompt)
      section.querySelector("[data-take]").focus({ preventScroll: true })
  }

  #failed(problem, { isAutomatic }) {
    this.settled = this.prompt
    if (problem.signedOut) {
      this.#show()
      this.signedOut(problem)
      return
    }
    const words = problem.status ? problem.message : this.box.dataset.notSent
    this.error = isAutomatic ? `${words} ${this.box.dataset.again}` : words
    this.#show()
  }

  async #updateBalance() {
    try {
      showBalance(await api(this.account))
      this.charged()
    } catch {
      // The next response of the server shows it.
    }
  }

  #take() {
    const { asked } = this.proposal
    const text = this.#text().trim()
    this.proposal = null
    this.settled = text
    this.#show()
    if (text) this.take(text, asked)
  }

  #leave() {
    this.#close()
    this.form().elements.prompt.focus()
  }

  #close() {
    if (!this.proposal) return
    this.proposal = null
    this.#show()
  }

  #edit() {
    this.proposal.isEdited = true
    this.#show()
    this.box.querySelector("[data-editor] textarea").focus()
  }

  /** Return the proposal as edited. */
  #text() {
    const area = this.box.querySelector("[data-editor] textarea")
    return this.proposal.isEdited ? area.value : this.proposal.text
  }

  // --- what is shown --------------------------------------------------------------------------

  #show() {
    const { box } = this
    this.spark.setAttribute("aria-disabled", String(Boolean(this.waiting)))
    this.#showSpark()
    box.querySelector("[data-waiting]").hidden = !this.waiting
    if (this.waiting)
      box.querySelector("[data-waiting-text]").textContent = this.#waitingText(this.waiting.kind)
    this.#showHint()
    this.#showError()
    this.#showProposal()
  }

  /** Offer what helps the prompt and what it costs; nothing for an empty or a long one. */
  #showSpark() {
    const { spark, prompt } = this
    const isForeign = needsTranslation(prompt, this.box.dataset.codes)
    const kind = isForeign ? "translate" : "enhance"
    const { [kind]: name, [`${kind}Price`]: price } = spark.dataset
    spark.dataset.propose = kind
    spark.querySelector("[data-spark-text]").textContent = isForeign
      ? [name, price].filter(Boolean).join(" · ")
      : price
    spark.ariaLabel = spark.title = [name, price].filter(Boolean).join(", ")
    // It keeps the focus of who has pressed it.
    spark.hidden =
      (!prompt || (!isForeign && prompt.length > MAX_ENHANCED)) && document.activeElement !== spark
  }

  #showHint() {
    const isIdle = !this.waiting && !this.proposal && !this.note
    this.box.querySelector("[data-language-hint]").hidden =
      !isIdle || !needsTranslation(this.prompt, this.box.dataset.codes)
  }

  #showError() {
    const shown = this.box.querySelector("[data-helper-error]")
    shown.hidden = !this.error
    shown.querySelector("[data-helper-error-text]").textContent = this.error
    const note = this.box.querySelector("[data-helper-note]")
    note.hidden = !this.note
    note.textContent = this.note
  }

  #showProposal() {
    const section = this.box.querySelector("[data-proposal]")
    section.hidden = !this.proposal
    if (!this.proposal) return
    const { kind, asked, text, language, isEdited } = this.proposal
    section.querySelector("[data-proposal-title]").textContent = this.#title(kind)
    section.querySelector("[data-translate-instead]").hidden = kind !== "enhance"
    const pieces = wordDiff(asked, text)
    mark(section.querySelector("[data-before]"), pieces.before, "del")
    mark(section.querySelector("[data-after]"), pieces.after, "ins")
    const editor = section.querySelector("[data-editor]")
    const area = editor.querySelector("textarea")
    for (const shown of [section.querySelector("[data-after]"), area])
      if (language) shown.lang = language
      else shown.removeAttribute("lang") // an enhancement: that of the prompt
    if (isEdited && editor.hidden) area.value = text
    editor.hidden = !isEdited
    section.querySelector("[data-after]").hidden = isEdited
    section.querySelector("[data-edit-proposal]").hidden = isEdited
    area.oninput = () => {
      this.proposal.text = area.value // survives a form from the server
    }
  }

  #title(kind) {
    return kind === "translate" ? this.box.dataset.translation : this.box.dataset.enhancement
  }

  #waitingText(kind) {
    return kind === "translate" ? this.box.dataset.translating : this.box.dataset.enhancing
  }
}

/** Show the pieces of a text, the changed ones marked with this element. */
function mark(parent, pieces, name) {
  parent.replaceChildren(
    ...pieces.map(({ text, changed }) => {
      if (!changed) return document.createTextNode(text)
      const marked = document.createElement(name)
      marked.textContent = text
      return marked
    }),
  )
}
