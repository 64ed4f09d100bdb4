/**
 * Source images: by file, paste or drag. They are uploaded immediately; the form sends their ids.
 *
 * They have one order. The form contains as many as the chosen model accepts; the others are kept
 * below it, visible but not sent, for a model that accepts them.
 */

import { csrfToken, pageUser, part, Problem } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { plural, word } from "../../artgen/js/words.js"
import { showFailure } from "./failures.js"
import { wireSourcePicker } from "./source_picker.js"
import { maxSources, openForSources, takesSources } from "./model_picker.js"
import {
  bareId,
  chosenModel,
  fieldOf,
  roleOf,
  setId,
  setRole,
  showRoles,
  unsupported,
} from "./source_roles.js"

const KINDS = ["image/png", "image/jpeg", "image/webp"]
const MAX_BYTES = 20_000_000 // UPLOAD_MAX_BYTES

export class Sources {
  /**
   * `changed()` is called after each change of the images, `useOwn(id)` to add one of the user's
   * own, `switchTo(slug)` to choose a model.
   */
  constructor({ side, data, changed, useOwn, switchTo, useMoodboard }) {
    Object.assign(this, { side, data, changed, useOwn })
    this.uploads = new Map() // item → promise of its upload
    this.notLoaded = [] // ids of kept images that are not loaded yet
    this.files = new WeakMap() // item → file, to retry
    this.openOwn = wireSourcePicker(data, { useOwn, useMoodboard })
    window.addEventListener("online", () => {
      for (const item of this.items) if ("waiting" in item.dataset) this.#send(item)
      if (this.notLoaded.length) this.keep(this.notLoaded)
    })
    side.addEventListener("change", (event) => {
      if (event.target.matches(".source-role, .source-weight")) {
        this.#showRoles()
        changed()
      }
      if (event.target.name !== "upload") return
      this.add([...event.target.files])
      event.target.value = ""
    })
    side.addEventListener("click", (event) => {
      if (event.target.closest("[data-remove-source]"))
        this.#remove(event.target.closest(".source"))
      else if (event.target.closest("[data-add-source]")) this.ask()
      else if (event.target.closest("[data-choose-model]")) openForSources(this.side, this.#max)
      else if (event.target.closest("[data-nearest-model]"))
        switchTo(event.target.closest("[data-nearest-model]").value)
      else if (event.target.closest("[data-own-images]")) this.openOwn()
      else if (event.target.closest("[data-send-source]"))
        this.#send(event.target.closest(".source"))
    })
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])].filter((file) =>
        file.type.startsWith("image/"),
      )
      if (!files.length) return
      event.preventDefault()
      this.add(files)
    })
    this.#wireDrag()
  }

  /** The part of the form for source images; none if the model accepts none. */
  get fieldset() {
    return this.side.querySelector("[data-sources-max]")
  }

  /** The number of images that the model accepts. */
  get #max() {
    return Number(this.fieldset?.dataset.sourcesMax ?? 0)
  }

  get modelName() {
    return this.side.querySelector("#model-name .model-name")?.textContent.trim() ?? ""
  }

  get #used() {
    return [...(this.fieldset?.querySelectorAll(".source") ?? [])]
  }

  get #kept() {
    return [...this.side.querySelectorAll("[data-kept-list] .source")]
  }

  /** All of them in their order. */
  get items() {
    return [...this.#used, ...this.#kept]
  }

  /** The images shown now, for `adopt` after another form is loaded. */
  get shown() {
    return { used: this.#used, kept: this.#kept }
  }

  /** The ids of images that the form does not contain, with their roles. */
  get keptIds() {
    const kept = this.#kept.filter(idOf).map((item) => fieldOf(item).value)
    return [...kept, ...this.notLoaded]
  }

  /** Why the model cannot use the images, "" if it can. */
  get unsupported() {
    return unsupported(this.side, this.#used)
  }

  /** Images of the form whose upload failed; the user can retry. */
  get waiting() {
    return this.#used.filter((item) => "waiting" in item.dataset)
  }

  /** Resolve when all uploads of the form have ended. */
  async settled() {
    await Promise.allSettled(this.#used.map((item) => this.uploads.get(item)))
  }

  /** Let the user choose files; a model that accepts them is offered beside them. */
  ask() {
    if (this.fieldset) {
      this.fieldset.querySelector(".drop-file").click()
      return
    }
    // Kept: a browser may forget an input that nothing refers to before its event.
    this.chooser = document.createElement("input")
    Object.assign(this.chooser, { type: "file", multiple: true, accept: KINDS.join() })
    this.chooser.addEventListener("change", () => this.add([...this.chooser.files]))
    this.chooser.click()
  }

  add(files) {
    for (const file of files) {
      if (!maxSources(this.side)) {
        toast(this.data.needsModel, { key: "needs-model" })
      } else if (file.size > MAX_BYTES) {
        toast(word("too_large", { name: file.name, size: Math.ceil(file.size / 1e6) }), {
          kind: "error",
          key: "too-large",
        })
      } else if (!KINDS.includes(file.type)) {
        toast(word("no_image", { name: file.name }), { kind: "error", key: "no-image" })
      } else if (this.items.length >= maxSources(this.side)) {
        toast(this.data.noRoom, { key: "no-room" })
      } else {
        this.#upload(file)
      }
    }
  }

  /**
   * Continue with the images of the form that this one replaces, running uploads included.
   * `isOther`: this form is independent; use only the images that the server rendered.
   */
  adopt({ used, kept }, { isOther }) {
    const drawn = this.#used
    const known = new Map([...used, ...kept].filter(idOf).map((item) => [idOf(item), item]))
    const items = drawn.map((item) => {
      const shown = known.get(idOf(item)) ?? item
      setRole(shown, roleOf(fieldOf(item).value))
      return shown
    })
    if (isOther) {
      this.notLoaded = []
    } else {
      // Images that are no longer rendered were removed, unless this form has none at all.
      const stays = (item) => !idOf(item) || !this.fieldset || kept.includes(item)
      items.push(...[...used, ...kept].filter((item) => !items.includes(item) && stays(item)))
    }
    this.#distribute(items)
  }

  /** Keep images by id. */
  async keep(ids) {
    const known = new Set(this.items.map(idOf))
    this.notLoaded = ids.filter((id) => !known.has(bareId(id)))
    const model = takesSources(this.side)
    if (!this.notLoaded.length || !model) return
    const query = new URLSearchParams([
      ["model", model],
      ...this.notLoaded.map((id) => ["source_images", id]),
    ])
    try {
      const { fragment } = await part(`${this.data.composer}?${query}`)
      this.notLoaded = []
      const shown = new Set(this.items.map(idOf))
      const come = [...fragment.querySelectorAll("[data-sources-max] .source")].filter(
        (item) => !shown.has(idOf(item)),
      )
      this.#distribute([...this.items, ...come])
      this.changed()
    } catch {
      // Offline: the draft keeps the ids; they are loaded when the connection is back.
    }
  }

  /** Put as many images into the form as its model accepts, and the others below it. */
  #distribute(items) {
    const focused = document.activeElement
    const used = items.slice(0, this.#max),
      kept = items.slice(this.#max)
    this.fieldset?.querySelector("[data-source-list]").replaceChildren(...used)
    const before = this.side.querySelector("[data-kept-sources]")
    const keptList = kept.length ? (before ?? this.#insertKeptList()) : null
    if (!keptList) before?.remove()
    keptList?.querySelector("[data-kept-list]").replaceChildren(...kept)
    for (const item of used) fieldOf(item).name = "source_images"
    for (const item of kept) fieldOf(item).name = "" // not sent
    const note = keptList?.querySelector("[data-kept-note]")
    const text = this.#max
      ? plural("kept_more", this.#max, { model: this.modelName })
      : word("kept_all", { model: this.modelName })
    if (note && note.textContent !== text) {
      note.textContent = text
      say(text)
    }
    this.#showRoles()
    const drop = this.fieldset?.querySelector("[data-drop]")
    if (drop) drop.hidden = used.length >= this.#max
    if (focused?.isConnected && focused !== document.activeElement)
      focused.focus({ preventScroll: true })
  }

  #showRoles() {
    showRoles(this.side, this.#used, this.#kept)
  }

  /** Return the list of images that the form does not contain, inserted into the form. */
  #insertKeptList() {
    const keptList = document
      .getElementById("kept-sources-template")
      .content.firstElementChild.cloneNode(true)
    const form = this.side.querySelector("#composer")
    if (this.fieldset) this.fieldset.after(keptList)
    else form.querySelector(".model-button").parentElement.before(keptList)
    return keptList
  }

  #upload(file) {
    const template = document.getElementById("kept-sources-template").content
    const item = template
      .querySelector("[data-source-template]")
      .content.firstElementChild.cloneNode(true)
    item.querySelector("img").src = URL.createObjectURL(file)
    this.files.set(item, file)
    const roles = chosenModel(this.side)?.roles ?? []
    if (roles.length) setRole(item, roles[0])
    this.#distribute([...this.items, item])
    this.#send(item)
    item.scrollIntoView({ block: "nearest" })
  }

  #send(item) {
    const file = this.files.get(item),
      bar = item.querySelector("progress")
    const again = item.querySelector("[data-send-source]")
    const hadFocus = document.activeElement === again
    delete item.dataset.waiting
    bar.value = 0
    bar.hidden = false
    again.hidden = true
    if (hadFocus) item.querySelector("[data-remove-source]").focus()
    const upload = send(
      `${this.data.api}uploads/`,
      file,
      (share) => {
        bar.value = share
      },
      item,
    )
      .then(({ id }) => {
        setId(item, id)
        bar.hidden = true
        this.changed()
      })
      .catch((problem) => {
        if (!item.isConnected) return
        if (problem.isTemporary) {
          item.dataset.waiting = ""
          bar.hidden = true
          again.hidden = false
          const text = problem.message
            ? `${file.name}: ${problem.message}`
            : word(problem.status ? "not_taken" : "not_arrived", { name: file.name })
          toast(text, { kind: "error", key: "not-arrived" })
          return
        }
        this.#remove(item)
        showFailure(problem, this.data, { about: `${file.name}: ` })
      })
      .finally(() => this.uploads.delete(item))
    this.uploads.set(item, upload)
  }

  #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling
    item.dispatchEvent(new Event("removed"))
    item.remove()
    this.#distribute(this.items)
    ;(
      next?.querySelector("button") ??
      this.fieldset?.querySelector(".drop-file") ??
      this.side.querySelector("#prompt")
    )?.focus()
    this.changed()
  }

  #wireDrag() {
    let depth = 0
    let own = "" // a card of the feed that is being dragged
    document.addEventListener("dragstart", (event) => {
      own = event.target.closest?.("[data-image]")?.dataset.image ?? ""
    })
    document.addEventListener("dragend", () => {
      own = ""
    })
    const brings = (event) => own || [...(event.dataTransfer?.types ?? [])].includes("Files")
    const show = (over) => {
      this.side.classList.toggle("dragged-over", over)
      const drop = this.side.querySelector("[data-drop]")
      if (!drop) return
      drop.querySelector("[data-drop-text]").hidden = over
      drop.querySelector("[data-drop-over]").hidden = !over
    }
    document.addEventListener("dragenter", (event) => {
      if (brings(event)) {
        depth++
        show(true)
      }
    })
    document.addEventListener("dragleave", (event) => {
      if (brings(event) && --depth <= 0) {
        depth = 0
        show(false)
      }
    })
    document.addEventListener("dragover", (event) => {
      if (brings(event)) event.preventDefault()
    })
    document.addEventListener("drop", (event) => {
      if (!brings(event)) return
      event.preventDefault()
      depth = 0
      show(false)
      if (!own) this.add([...event.dataTransfer.files])
      else if (this.side.contains(event.target)) this.useOwn(own)
      own = ""
    })
  }
}

function idOf(item) {
  return bareId(fieldOf(item).value)
}

/** Upload one file with XMLHttpRequest: fetch does not report upload progress. */
function send(address, file, onProgress, item) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const form = new FormData()
    form.append("file", file)
    request.open("POST", address)
    request.setRequestHeader("X-CSRFToken", csrfToken())
    request.setRequestHeader("Accept", "application/json")
    for (const [name, value] of Object.entries(pageUser())) request.setRequestHeader(name, value)
    request.responseType = "json"
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    request.onload = () => {
      if (request.status === 201) resolve(request.response)
      else
        reject(
          new Problem({
            ...request.response,
            status: request.status,
            otherUser: Boolean(request.getResponseHeader("X-Other-User")),
          }),
        )
    }
    request.onerror = request.onabort = request.ontimeout = () => reject(new Problem())
    item.addEventListener("removed", () => request.abort(), { once: true })
    request.send(form)
  })
}
