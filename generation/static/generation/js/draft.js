/**
 * Drafts survive a reload, a crash and a lost connection: this browser stores them by user.
 *
 * Each tab has its own draft, so tabs do not overwrite each other; a new tab starts with the
 * latest.
 */

const MAX_UNSENT = 20

export class Draft {
  constructor(user) {
    this.key = `artgen:draft:${user}`
    this.unsentKey = `artgen:unsent:${user}`
  }

  /** Return the fields as [[name, value], …], null without a draft. */
  read() {
    return list(sessionStorage, this.key) ?? list(localStorage, this.key)
  }

  write(fields) {
    put(sessionStorage, this.key, fields)
    put(localStorage, this.key, fields)
  }

  /** Return prompts that were replaced before they were sent, newest first. */
  unsent() {
    return (list(localStorage, this.unsentKey) ?? []).filter((text) => typeof text === "string")
  }

  /** Keep a prompt that is replaced by another. */
  addUnsent(text) {
    put(
      localStorage,
      this.unsentKey,
      [text, ...this.unsent().filter((other) => other !== text)].slice(0, MAX_UNSENT),
    )
  }

  /** Remove a prompt that has been sent. */
  removeUnsent(text) {
    put(
      localStorage,
      this.unsentKey,
      this.unsent().filter((other) => other !== text),
    )
  }
}

function list(storage, key) {
  try {
    const found = JSON.parse(storage.getItem(key))
    return Array.isArray(found) ? found : null
  } catch {
    return null
  }
}

function put(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value))
  } catch {
    // Private mode or a full disk: the form still has the text.
  }
}

/** Return the composer's fields without token, key, files and prices. */
export function fieldsOf(form) {
  const prices = ["max_credits", "max_draft_credits"]
  const skipped = new Set(["csrfmiddlewaretoken", "key", "upload", "switch", ...prices])
  return [...new FormData(form)].filter(
    ([name, value]) => !skipped.has(name) && typeof value === "string",
  )
}

/** Fill the visible fields of a form. */
export function putInto(form, fields) {
  const given = Object.fromEntries(fields)
  for (const control of form.elements) {
    if (!control.name || control.type === "hidden" || control.type === "file") continue
    if (control.type === "radio" || control.type === "checkbox") {
      const has = fields.some(([name, value]) => name === control.name && value === control.value)
      if (control.type === "checkbox" || has) control.checked = has
    } else if (control.name in given) {
      control.value = given[control.name]
    }
  }
}

/** Return whether two lists of fields are equal, empty ones excluded. */
export function same(some, others) {
  const text = (fields) => JSON.stringify(fields.filter(([, value]) => value !== "").sort())
  return text(some) === text(others)
}
