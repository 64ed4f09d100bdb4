/** Source pictures: by file, paste or drag. Uploaded at once with their progress; the form then carries their ids. */

import { csrfToken, pageUser, Problem } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { word } from "../../artgen/js/words.js"
import { wireOwnPictures } from "./own_pictures.js"
import { openForSources } from "./picker.js"
import { tellSignedOut } from "./signed_out.js"

const KINDS = ["image/png", "image/jpeg", "image/webp"]
const BYTES_MOST = 10_000_000 // UPLOAD_MAX_BYTES

export class Sources {
  /** `changed()` is called whenever the set of pictures has changed, `useOwn(id)` where one of the user's own is wanted. */
  constructor({ side, data, changed, useOwn }) {
    Object.assign(this, { side, data, changed, useOwn })
    this.uploads = new Set()
    this.files = new WeakMap() // item → file, to send it again
    this.openOwn = wireOwnPictures(data, useOwn)
    window.addEventListener("online", () => { for (const item of this.waiting) this.#send(item) })
    side.addEventListener("change", (event) => {
      if (event.target.name !== "upload") return
      this.add([...event.target.files])
      event.target.value = ""
    })
    side.addEventListener("click", (event) => {
      if (event.target.closest("[data-remove-source]")) this.#remove(event.target.closest(".source"))
      else if (event.target.closest("[data-add-source]")) this.ask()
      else if (event.target.closest("[data-own-pictures]")) this.openOwn()
      else if (event.target.closest("[data-send-source]")) this.#send(event.target.closest(".source"))
    })
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"))
      if (!files.length) return
      event.preventDefault()
      this.add(files)
    })
    this.#wireDrag()
  }

  get fieldset() {
    return this.side.querySelector("[data-sources-max]")
  }

  /** The pictures that could not be sent: they stay, to be sent again. */
  get waiting() {
    return [...(this.fieldset?.querySelectorAll(".source[data-waiting]") ?? [])]
  }

  /** Whether an upload is still under way. */
  get busy() {
    return this.uploads.size > 0
  }

  /** Resolve when no upload is under way any more. */
  async settled() {
    await Promise.allSettled([...this.uploads])
  }

  /** Let the user choose a file, or first a model that takes pictures. */
  ask() {
    if (this.fieldset) {
      this.fieldset.querySelector(".drop-file").click()
    } else {
      toast(this.data.needsModel, { key: "needs-model" })
      openForSources(this.side)
    }
  }

  add(files) {
    if (!this.fieldset) {
      this.ask()
      return
    }
    for (const file of files) {
      if (!KINDS.includes(file.type)) {
        toast(word("no_picture", { name: file.name }), { kind: "error", key: "no-picture" })
      } else if (file.size > BYTES_MOST) {
        toast(word("too_large", { name: file.name, size: Math.ceil(file.size / 1e6) }), { kind: "error", key: "too-large" })
      } else if (this.#room() <= 0) {
        toast(this.data.noRoom, { key: "no-room" })
      } else {
        this.#upload(file)
      }
    }
  }

  #room() {
    return Number(this.fieldset.dataset.sourcesMax) - this.fieldset.querySelectorAll(".source").length
  }

  #upload(file) {
    const item = this.fieldset.querySelector("[data-source-template]").content.firstElementChild.cloneNode(true)
    item.querySelector("img").src = URL.createObjectURL(file)
    this.files.set(item, file)
    this.fieldset.querySelector("[data-source-list]").append(item)
    this.#refreshDrop()
    this.#send(item)
  }

  #send(item) {
    const file = this.files.get(item), bar = item.querySelector("progress")
    const again = item.querySelector("[data-send-source]")
    const hadFocus = document.activeElement === again
    delete item.dataset.waiting
    bar.value = 0
    bar.hidden = false
    again.hidden = true
    if (hadFocus) item.querySelector("[data-remove-source]").focus()
    const upload = send(`${this.data.api}uploads/`, file, (share) => { bar.value = share }, item)
      .then(({ id }) => {
        item.querySelector("[name=source_images]").value = id
        bar.hidden = true
        this.changed()
      })
      .catch((problem) => {
        if (!item.isConnected) return
        if (problem.passing) {
          item.dataset.waiting = ""
          bar.hidden = true
          again.hidden = false
          toast(word(problem.status ? "not_taken" : "not_arrived", { name: file.name }), { kind: "error", key: "not-arrived" })
          return
        }
        this.#remove(item)
        if (problem.status === 401) tellSignedOut(this.data, problem)
        else toast(`${file.name}: ${problem.message || this.data.failed}`, { kind: "error" })
      })
      .finally(() => this.uploads.delete(upload))
    this.uploads.add(upload)
  }

  #remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling
    const fieldset = this.fieldset
    item.dispatchEvent(new Event("removed"))
    item.remove()
    this.#refreshDrop()
    ;(next?.querySelector("button") ?? fieldset.querySelector(".drop-file"))?.focus()
    this.changed()
  }

  #refreshDrop() {
    this.fieldset.querySelector("[data-drop]").hidden = this.#room() <= 0
  }

  #wireDrag() {
    let depth = 0
    let own = "" // a card of the feed that is being dragged
    document.addEventListener("dragstart", (event) => {
      own = event.target.closest?.("[data-job]")?.querySelector("[data-favorite]")?.dataset.favorite ?? ""
    })
    document.addEventListener("dragend", () => { own = "" })
    const brings = (event) => own || [...(event.dataTransfer?.types ?? [])].includes("Files")
    const show = (over) => {
      this.side.classList.toggle("dragged-over", over)
      const drop = this.side.querySelector("[data-drop]")
      if (!drop) return
      drop.querySelector("[data-drop-text]").hidden = over
      drop.querySelector("[data-drop-over]").hidden = !over
    }
    document.addEventListener("dragenter", (event) => { if (brings(event)) { depth++; show(true) } })
    document.addEventListener("dragleave", (event) => { if (brings(event) && --depth <= 0) { depth = 0; show(false) } })
    document.addEventListener("dragover", (event) => { if (brings(event)) event.preventDefault() })
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

/** Upload one file with XMLHttpRequest, for fetch tells no progress of what it sends. */
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
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total) }
    request.onload = () => {
      if (request.status === 201) resolve(request.response)
      else reject(new Problem({ ...request.response, status: request.status, detail: request.response?.errors?.[0]?.detail ?? request.response?.detail, otherUser: Boolean(request.getResponseHeader("X-Other-User")) }))
    }
    request.onerror = request.onabort = request.ontimeout = () => reject(new Problem())
    item.addEventListener("removed", () => request.abort(), { once: true })
    request.send(form)
  })
}
