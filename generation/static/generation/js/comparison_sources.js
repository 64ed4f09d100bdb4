/**
 * Source images of a comparison: by file, or from the user's images. Without script the form sends
 * the files.
 */

import { api } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showFailure } from "./failures.js"
import { wireSourcePicker } from "./source_picker.js"
import { bareId, fieldOf, setId, weigh } from "./source_roles.js"

const UPLOAD_SECONDS = 60

/**
 * `changed()` is called after each change of the images. Return a function: while files are being
 * uploaded, it returns a promise of whether all came, else null.
 */
export function wireComparisonSources(form, data, changed) {
  let coming = null
  const fieldset = form.querySelector("[data-sources]")
  const list = fieldset.querySelector("[data-source-list]")
  const template = fieldset.querySelector("[data-source-template]")
  const field = fieldset.querySelector(".drop-file")

  function add(id, address) {
    if ([...list.children].some((item) => bareId(fieldOf(item).value) === id)) return
    const item = template.content.firstElementChild.cloneNode(true)
    setId(item, id)
    item.querySelector("img").src = address
    list.append(item)
    showButtons()
    toast(data.sourceAdded, { key: "sources" })
    countChanged()
  }

  function countChanged() {
    for (const choice of form.querySelectorAll("[data-needs-source]")) {
      choice.hidden = !list.children.length
    }
    changed()
  }

  function showButtons() {
    for (const button of fieldset.querySelectorAll("button")) button.hidden = false
  }

  async function upload(file) {
    const body = new FormData()
    body.set("file", file)
    const request = { method: "POST", form: body, seconds: UPLOAD_SECONDS }
    try {
      const { id } = await api(`${data.api}uploads/`, request)
      add(id, URL.createObjectURL(file))
      return true
    } catch (problem) {
      showFailure(problem, data, { about: `${file.name}: ` })
      return false
    }
  }

  async function uploadAll(files) {
    const all = Promise.all([coming ?? true, ...files.map(upload)])
    coming = all.then((came) => came.every(Boolean))
    const own = coming
    fieldset.setAttribute("aria-busy", "true")
    await own
    if (coming !== own) return
    coming = null
    fieldset.removeAttribute("aria-busy")
  }

  const useOwn = (id) => add(id, document.querySelector(`[data-pick="${id}"] img`).src)
  const openOwn = wireSourcePicker(data, { useOwn })
  showButtons()
  for (const item of list.children) weigh(item)
  list.addEventListener("change", ({ target }) => weigh(target.closest("li")))
  field.addEventListener("change", (event) => {
    event.stopPropagation() // the quote needs the ids that come
    const files = [...field.files]
    field.value = ""
    uploadAll(files)
  })
  field.addEventListener("input", (event) => event.stopPropagation())
  fieldset.addEventListener("click", (event) => {
    if (event.target.closest("[data-own-images]")) openOwn()
    const remove = event.target.closest("[data-remove-source]")
    if (!remove) return
    remove.closest("li").remove()
    ;(list.querySelector("button") ?? field).focus()
    toast(data.removed, { key: "sources" })
    countChanged()
  })
  return () => coming
}
