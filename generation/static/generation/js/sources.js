/** Source pictures: by file, paste or drag. Uploaded at once with their progress; the form then carries their ids. */

import { csrfToken } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { openForSources } from "./picker.js"

const KINDS = ["image/png", "image/jpeg", "image/webp"]
const BYTES_MOST = 20 * 1024 * 1024

export class Sources {
  /** `changed()` is called whenever the set of pictures has changed. */
  constructor({ side, data, changed }) {
    Object.assign(this, { side, data, changed })
    this.uploads = new Set()
    side.addEventListener("change", (event) => {
      if (event.target.name !== "upload") return
      this.add([...event.target.files])
      event.target.value = ""
    })
    side.addEventListener("click", (event) => {
      if (event.target.closest("[data-remove-source]")) this.#remove(event.target.closest(".source"))
      else if (event.target.closest("[data-add-source]")) this.ask()
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
      if (!KINDS.includes(file.type) || file.size > BYTES_MOST) {
        toast(this.data.onlyPictures, { kind: "error", key: "only-pictures" })
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
    const picture = item.querySelector("img"), bar = item.querySelector("progress")
    picture.src = URL.createObjectURL(file)
    bar.hidden = false
    this.fieldset.querySelector("[data-source-list]").append(item)
    this.#refreshDrop()
    const upload = send(`${this.data.api}uploads/`, file, (share) => { bar.value = share }, item)
      .then(({ id }) => {
        item.querySelector("[name=source_images]").value = id
        bar.hidden = true
        this.changed()
      })
      .catch((problem) => {
        if (!item.isConnected) return
        this.#remove(item)
        toast(problem.message || this.data.failed, { kind: "error" })
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
    const brings = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files")
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
      this.add([...event.dataTransfer.files])
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
    request.responseType = "json"
    request.upload.onprogress = (event) => { if (event.lengthComputable) onProgress(event.loaded / event.total) }
    request.onload = () => {
      if (request.status === 201) resolve(request.response)
      else reject(new Error(request.response?.errors?.[0]?.detail ?? request.response?.detail ?? ""))
    }
    request.onerror = request.onabort = () => reject(new Error(""))
    item.addEventListener("removed", () => request.abort(), { once: true })
    request.send(form)
  })
}
