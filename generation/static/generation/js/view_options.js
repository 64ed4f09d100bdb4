/** Change the size of tiles without a reload; the server stores it in a cookie. */

import { csrfToken } from "../../artgen/js/http.js"

export function wireViewOptions() {
  const form = document.getElementById("view-form")
  form?.addEventListener("submit", (event) => {
    const button = event.submitter
    if (button?.name !== "tiles") return // how runs are shown changes what the page contains
    event.preventDefault()
    document.getElementById("months").dataset.tiles = button.value
    for (const other of document.querySelectorAll("[form=view-form][name=tiles]"))
      other.setAttribute("aria-pressed", String(other === button))
    fetch(form.action, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      body: new URLSearchParams({ tiles: button.value }),
      keepalive: true,
    }).catch(() => {})
  })
}
