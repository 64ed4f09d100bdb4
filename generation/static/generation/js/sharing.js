/** Sharing: forms updated in place, and copying of the link. */

import { part } from "../../artgen/js/http.js"
import { showFailure } from "./failures.js"
import { showShareButtons } from "./share_sheet.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"

/** Show the copy buttons if copying works, and handle them. */
export function wireCopying(root, data) {
  showCopies(root)
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]")
    if (button) await copy(button.dataset.copy, data)
  })
  root.addEventListener("focusin", (event) => {
    if (event.target.matches("#share-address")) event.target.select()
  })
}

export function showCopies(root) {
  showShareButtons(root)
  if (!navigator.clipboard) return
  for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false
}

/** Send the forms of `#share` and replace them by the response; call `changed(fresh)`. */
export function wireSharing(root, data, changed = () => {}) {
  root.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-share]")
    if (!form) return
    event.preventDefault()
    const pressed = event.submitter
    if (pressed?.getAttribute("aria-disabled") === "true") return
    pressed?.setAttribute("aria-disabled", "true")
    try {
      const answer = await part(
        pressed?.hasAttribute("formaction") ? pressed.formAction : form.action,
        { method: "POST", form: new FormData(form, pressed) },
      )
      const fresh = answer.fragment.querySelector("#share")
      document.getElementById("share").replaceWith(fresh)
      showCopies(fresh)
      settleFocus(fresh)
      say(fresh.querySelector(".share-message")?.textContent ?? "")
      changed(fresh)
    } catch (problem) {
      pressed?.removeAttribute("aria-disabled")
      showFailure(problem, data)
    }
  })
}

/** Update the sharing form: its actions depend on whether the image is in the trash. */
export async function refreshSharing(address) {
  const answer = await part(address)
  const fresh = answer.fragment.querySelector("#share")
  if (!fresh) return
  document.getElementById("share").replaceWith(fresh)
  showCopies(fresh)
}

async function copy(text, data) {
  try {
    await navigator.clipboard.writeText(text)
    toast(data.copied, { key: "copied" })
  } catch {
    toast(data.failed, { kind: "error", key: "failed" })
  }
}

/** The clicked button is gone: focus the next action, or the first field. */
function settleFocus(root) {
  const next =
    root.querySelector(".button-primary:not([hidden])") ??
    root.querySelector("select, input, button")
  next?.focus({ preventScroll: true })
}
