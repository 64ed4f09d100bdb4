/** Swagger UI with the session's CSRF token on unsafe requests, and a token that was just made. */

import { accessibleReader, label } from "./js/accessible_reader.js"
import { csrfToken } from "./js/http.js"

const reader = document.getElementById("reader")
const TOKEN = "token for the reader" // set by the page "Connect"
const token = sessionStorage.getItem(TOKEN)
sessionStorage.removeItem(TOKEN)
label(reader)

const swagger = window.SwaggerUIBundle({
  url: reader.dataset.schema,
  domNode: reader,
  presets: [window.SwaggerUIBundle.presets.apis],
  plugins: [accessibleReader],
  layout: "ReaderLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false,
  validatorUrl: null,
  syntaxHighlight: false, // its colors are inline styles for a dark page alone
  onComplete() {
    if (token) swagger.preauthorizeApiKey("bearer", token)
  },
  requestInterceptor(request) {
    const ours = new URL(request.url, location.href).origin === location.origin
    if (ours && request.method && request.method !== "GET")
      request.headers["X-CSRFToken"] = csrfToken()
    return request
  },
})
