/** What is typed survives a reload, a crash and a lost connection: it is kept in this browser, for each user apart. */

export class Draft {
  constructor(user) {
    this.key = `artgen:draft:${user}`
  }

  /** Return the fields as [[name, value], …], null without a draft. */
  read() {
    try {
      const fields = JSON.parse(localStorage.getItem(this.key))
      return Array.isArray(fields) ? fields : null
    } catch {
      return null
    }
  }

  write(fields) {
    try {
      localStorage.setItem(this.key, JSON.stringify(fields))
    } catch {
      // Private mode or a full disk: the form itself still holds it.
    }
  }
}

/** Return the composer's fields without token, key and files. */
export function fieldsOf(form) {
  const skipped = new Set(["csrfmiddlewaretoken", "key", "upload", "switch"])
  return [...new FormData(form)].filter(([name, value]) => !skipped.has(name) && typeof value === "string")
}
