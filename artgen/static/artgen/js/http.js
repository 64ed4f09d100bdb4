/** Talk to ArtGen's own addresses: JSON in and out, CSRF token, a time limit, problems as errors. */

/** A refusal (RFC 9457) or a failure to reach the server (`status` 0). */
export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", code = "", errors = [], retryAfter = null } = {}) {
    super(detail || title)
    Object.assign(this, { status, title, detail, code, errors, retryAfter })
  }

  /** Whether trying again later may help: offline, overloaded, broken gateway. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)
  return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? ""
}

/** Send a request and return the parsed JSON (null without content); throw Problem. `form` sends multipart. */
export async function api(path, { method = "GET", json, form, headers = {}, signal, seconds = 20 } = {}) {
  const response = await send(path, { method, json, form, headers: { Accept: "application/json", ...headers }, signal, seconds })
  if (response.status === 204) return null
  const body = await response.json().catch(() => null)
  if (response.ok) return body
  throw new Problem({ status: response.status, retryAfter: Number(response.headers.get("Retry-After")) || null, ...(body ?? {}) })
}

/** Fetch a piece of HTML and return its elements as a fragment. */
export async function partial(path, { signal, seconds = 20 } = {}) {
  const response = await send(path, { headers: { Accept: "text/html" }, signal, seconds })
  if (!response.ok) throw new Problem({ status: response.status })
  const template = document.createElement("template")
  template.innerHTML = await response.text()
  return template.content
}

async function send(path, { method = "GET", json, form, headers, signal, seconds }) {
  const limit = AbortSignal.timeout(seconds * 1000)
  const options = { method, headers: { ...headers }, credentials: "same-origin", signal: signal ? AbortSignal.any([signal, limit]) : limit }
  if (method !== "GET") options.headers["X-CSRFToken"] = csrfToken()
  if (json !== undefined) {
    options.headers["Content-Type"] = "application/json"
    options.body = JSON.stringify(json)
  } else if (form) {
    options.body = form
  }
  try {
    return await fetch(path, options)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Problem()
  }
}
