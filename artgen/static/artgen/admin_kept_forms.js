/**
 * Forms of the admin keep what was typed when submitting them ends at the sign-in page, because the
 * session had expired, or at an error page from which the person goes back.
 *
 * The fields are in this tab until its next page of the admin; never passwords or files.
 */

const KEY = "admin-form"
const SIGN_IN = ["/accounts/", "/admin/login/"]
/** Hidden fields of the page on which the person typed: its key, and what it began with. */
const OF_PAGE = /^(once|initial-.*)$/

const person = document.querySelector(".admin-nav-email")?.textContent
const forms = () => [...document.querySelectorAll("#content form")].filter(isKept)
const here = () => location.pathname + location.search

function isKept(form) {
  return form.method === "post" && form.id !== "changelist-form"
}

function isRestorable(field) {
  if (!field.name || field.name === "csrfmiddlewaretoken") return false
  return !["password", "file", "submit", "button"].includes(field.type)
}

function keep(form) {
  const fields = [...form.elements].filter(isRestorable)
  const names = new Set(fields.map((field) => field.name))
  const sent = new FormData(form)
  const values = [...names].map((name) => [name, sent.getAll(name)])
  const kept = { person, page: here(), form: forms().indexOf(form), values }
  sessionStorage.setItem(KEY, JSON.stringify(kept))
}

/** Take what was kept for this page, if the person comes from where it may have been lost. */
function taken() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null")
  sessionStorage.removeItem(KEY)
  if (!kept || kept.person !== person || kept.page !== here()) return null
  const [visit] = performance.getEntriesByType("navigation")
  const from = document.referrer && new URL(document.referrer)
  const signedIn =
    from &&
    from.origin === location.origin &&
    SIGN_IN.some((start) => from.pathname.startsWith(start))
  return signedIn || visit?.type === "back_forward" ? kept : null
}

function isSame(field, values) {
  return field.type !== "hidden" || OF_PAGE.test(field.name) || values.includes(field.value)
}

function fill(field, values) {
  if (field.type === "checkbox" || field.type === "radio") {
    field.checked = values.includes(field.value)
  } else if (field.type === "select-multiple") {
    for (const option of field.options) option.selected = values.includes(option.value)
  } else if (values.length) {
    field.value = values.shift()
  }
}

function restore({ form: number, values }) {
  const form = forms()[number]
  if (!form) return
  const kept = new Map(values)
  const fields = [...form.elements].filter((field) => isRestorable(field) && kept.has(field.name))
  // The form of another object, such as the next one of a queue.
  if (!fields.every((field) => isSame(field, kept.get(field.name)))) return
  for (const field of fields) fill(field, kept.get(field.name))
  const note = document.getElementById("kept-form").content.cloneNode(true)
  form.prepend(note)
}

const found = taken()
if (found) restore(found)
document.addEventListener("submit", (event) => {
  if (forms().includes(event.target)) keep(event.target)
})
