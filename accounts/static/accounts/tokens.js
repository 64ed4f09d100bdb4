/** Copy the new token; the button is shown only if the page may write to the clipboard. */

import { say } from "../artgen/js/status.js"

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue
  button.hidden = false
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(source.textContent.trim())
    } catch {
      getSelection().selectAllChildren(source)
      return
    }
    button.querySelector("span").textContent = button.dataset.done
    say(button.dataset.done)
  })
}
