/** Swagger UI in the page's theme, with the session's CSRF token on unsafe requests. */

import { csrfToken } from "./js/http.js"

const root = document.documentElement
const reader = document.getElementById("reader")
const prefersDark = matchMedia("(prefers-color-scheme: dark)")

function followTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches
  root.classList.toggle("dark-mode", dark)
}

followTheme()
prefersDark.addEventListener("change", followTheme)
new MutationObserver(followTheme).observe(root, { attributeFilter: ["data-theme"] })

window.SwaggerUIBundle({
  url: reader.dataset.schema,
  domNode: reader,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
  requestInterceptor(request) {
    const ours = new URL(request.url, location.href).origin === location.origin
    if (ours && request.method && request.method !== "GET")
      request.headers["X-CSRFToken"] = csrfToken()
    return request
  },
})
