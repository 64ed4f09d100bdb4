/** Requests to ArtGen: JSON in and out, CSRF token, a timeout, problems as errors. */

/**
 * An error response (RFC 9457), or no connection to the server (`status` 0). `acceptance` {field,
 * value, label}: what the same form needs to be accepted, and the text of a button for that.
 */
export class Problem extends Error {
  constructor({
    status = 0,
    title = "",
    detail = "",
    code = "",
    errors = [],
    otherUser = false,
    needed = null,
    acceptance = null,
  } = {}) {
    super(detail || title)
    Object.assign(this, { status, title, detail, code, errors, otherUser, needed, acceptance })
  }

  /** Whether the page's user is no longer signed in, or another user is. */
  get signedOut() {
    return this.status === 401 || this.otherUser
  }

  /** Whether trying again later may help: offline, overloaded, broken gateway. */
  get isTemporary() {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

/**
 * The user of this page. All tabs share the cookies, so each request names its user, and the server
 * rejects it if another user is signed in.
 */
export function pageUser() {
  return document.body.dataset.user ? { "X-Page-User": document.body.dataset.user } : {}
}

export function csrfToken() {
  // Over https the name has a prefix; a cookie of the name without it is from an earlier version.
  const cookie =
    document.cookie.match(/(?:^|;\s*)__Host-csrftoken=([^;]+)/) ??
    document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/)
  return cookie ? cookie[1] : (document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "")
}

/**
 * Send a request; return the parsed JSON (null without content), throw Problem. `form` is
 * multipart.
 */
export async function api(
  path,
  { method = "GET", json, form, headers = {}, signal, seconds = 20 } = {},
) {
  const response = await send(path, {
    method,
    json,
    form,
    headers: { Accept: "application/json", ...headers },
    signal,
    seconds,
  })
  if (!response.ok) throw await problemOf(response)
  return response.status === 204 ? null : response.json().catch(() => null)
}

/** Return an error response as a Problem: `message` is what the server says, "" if nothing. */
async function problemOf(response) {
  const type = response.headers.get("Content-Type") ?? ""
  let body = null
  if (type.includes("json")) body = await response.json().catch(() => null)
  else if (type.startsWith("text/plain")) body = { detail: await response.text() }
  const { status, headers } = response
  return new Problem({ ...body, status, otherUser: headers.has("X-Other-User") })
}

/**
 * Fetch a part of a page as {ok, fragment, text, credits, held}; not ok: a form with its errors in
 * it. Throw Problem for everything else that is refused, and without a connection.
 */
export async function part(path, { method = "GET", form, signal, seconds = 30 } = {}) {
  const response = await send(path, {
    method,
    form,
    headers: { Accept: "text/html", "X-Part": "1" },
    signal,
    seconds,
  })
  if (response.redirected) throw new Problem({ status: 401 })
  const credits = response.headers.get("X-Credits") // a part has it, a whole page has not
  if (!response.ok && credits === null) throw await problemOf(response)
  const isHtml = response.headers.get("Content-Type")?.startsWith("text/html")
  const text = await response.text()
  const template = document.createElement("template")
  if (isHtml) template.innerHTML = text
  return {
    ok: response.ok,
    fragment: template.content,
    text: isHtml ? "" : text,
    credits: credits === null ? null : Number(credits),
    held: Number(response.headers.get("X-Held")),
  }
}

/** Characters of a body; without end if it has a file. */
function length(body) {
  if (!(body instanceof FormData)) return (body ?? "").length
  const values = [...body.values()]
  return values.reduce((sum, value) => sum + (value.length ?? Infinity), 0)
}

async function send(path, { method = "GET", json, form, headers, signal, seconds }) {
  const limit = AbortSignal.timeout(seconds * 1000)
  const options = {
    method,
    headers: { ...headers, ...pageUser() },
    credentials: "same-origin",
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  }
  if (method !== "GET") options.headers["X-CSRFToken"] = csrfToken()
  if (json !== undefined) {
    options.headers["Content-Type"] = "application/json"
    options.body = JSON.stringify(json)
  } else if (form) {
    options.body = form
  }
  // A small change is sent even if the user leaves the page at once; browsers allow 64 kB.
  options.keepalive = method !== "GET" && length(options.body) < 10_000
  try {
    return await fetch(path, options)
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Problem()
  }
}
