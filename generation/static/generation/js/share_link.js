/** A share link in one press: it is created, unless there is one, and copied. */

import { part, Problem } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showFailure } from "./failures.js"

/** `address` is that of the image's page; `options()` opens the choices. */
export async function copyShareLink(address, data, { options, changed = () => {} }) {
  const made = make(`${address}share/`)
  const isCopied = await copy(made.then(({ link }) => link)).then(
    () => true,
    () => false,
  )
  try {
    const { fresh } = await made
    changed(fresh)
    if (!isCopied) return options() // the browser does not let it be copied
    toast(data.linkCopied, { key: "share", action: { label: data.linkOptions, run: options } })
  } catch (problem) {
    showFailure(problem, data)
  }
}

async function make(page) {
  const form = new FormData()
  form.set("once", "1")
  const answer = await part(page, { method: "POST", form })
  const fresh = answer.fragment.querySelector("#share")
  const link = fresh.querySelector("#share-address")?.value
  if (link) return { link, fresh }
  throw new Problem({ status: 409, detail: fresh.querySelector(".share-message").textContent })
}

/** Safari copies only what was begun in the press itself: a promise of the text. */
async function copy(text) {
  if (!window.ClipboardItem) return navigator.clipboard.writeText(await text)
  const blob = text.then((link) => new Blob([link], { type: "text/plain" }))
  return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])
}
