/** The reader of the API description: Swagger UI, with the session's CSRF token on what changes something. */

import { csrfToken } from "./js/http.js"

const reader = document.getElementById("reader")

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
    if (ours && request.method && request.method !== "GET") request.headers["X-CSRFToken"] = csrfToken()
    return request
  },
})
