/**
 * Close announcements without a reload; the server remembers it in a cookie. Without script the
 * forms reload the page.
 */

import { csrfToken } from "./http.js"

export function wireAnnouncements() {
  const list = document.getElementById("announcements")
  if (!list) return
  // Panels as high as the window leave room for it.
  new ResizeObserver(() => {
    document.body.style.setProperty("--announced", `${list.offsetHeight}px`)
  }).observe(list)
  list.addEventListener("submit", (event) => {
    event.preventDefault()
    const form = event.target
    fetch(form.action, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      keepalive: true,
    }).catch(() => {})
    form.closest(".announcement").remove()
    document.getElementById("content").focus({ preventScroll: true })
  })
}
