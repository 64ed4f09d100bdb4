/** Say that a pasted text was cut to what its field allows, which browsers do silently. */

import { toast } from "./toasts.js"

export function wirePasting() {
  document.addEventListener("paste", (event) => {
    const field = event.target
    if (event.defaultPrevented || !(field.maxLength > 0)) return
    const text = event.clipboardData?.getData("text/plain").replaceAll("\r\n", "\n") ?? ""
    const kept = field.value.length - (field.selectionEnd - field.selectionStart)
    if (kept + text.length <= field.maxLength) return
    const max = field.maxLength.toLocaleString(document.documentElement.lang)
    const message = document.getElementById("toast-template").dataset.cut.replace("{max}", max)
    toast(message, { key: "cut" })
  })
}
