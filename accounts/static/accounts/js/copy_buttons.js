/** Buttons that copy the text of an element; shown only if the page may write to the clipboard. */

import { say } from "../../artgen/js/status.js"

const DONE_TIME = 2_000 // ms

export function wireCopyButtons() {
  if (!navigator.clipboard) return
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false
    button.addEventListener("click", () => copy(button))
  }
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy)
  try {
    await navigator.clipboard.writeText(source.textContent.trim())
  } catch {
    getSelection().selectAllChildren(source)
    return
  }
  const label = button.querySelector("span")
  const text = label.textContent
  label.textContent = button.dataset.done
  say(button.dataset.done)
  setTimeout(() => {
    label.textContent = text
  }, DONE_TIME)
}
