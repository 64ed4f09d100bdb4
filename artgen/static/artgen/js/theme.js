/**
 * Change the theme without a reload; the server stores it. Without script the forms reload the
 * page.
 */

import { csrfToken } from "./http.js"

export function wireThemes() {
  for (const form of document.querySelectorAll("[data-theme-form]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      setTheme(event.submitter.value, form)
    })
  }
}

/** Give the browser's own bar the color of the page. */
function showInBrowserBar() {
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.remove()
  const meta = document.createElement("meta")
  meta.name = "theme-color"
  meta.content = getComputedStyle(document.body).backgroundColor
  document.head.append(meta)
}

function setTheme(theme, form) {
  const root = document.documentElement
  if (theme === "light" || theme === "dark") root.dataset.theme = theme
  else delete root.dataset.theme
  showInBrowserBar()
  for (const button of document.querySelectorAll("[data-theme-form] [aria-pressed]")) {
    button.setAttribute("aria-pressed", String(button.value === theme))
  }
  fetch(form.action, {
    method: "POST",
    headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
    body: new URLSearchParams({ theme }),
    keepalive: true,
  }).catch(() => {})
}
