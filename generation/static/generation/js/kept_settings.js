/**
 * Settings that the chosen model does not use: kept for the next model that does.
 *
 * A wish is a value that the user set. If a model's form lacks the field, or shows another value
 * because the model does not support it, the wish is kept until the field changes. source_uploads.js keeps
 * source images.
 */

const PREFIX = "kept:" // of the names of kept fields in a draft
const IN_EVERY_FORM = new Set(["prompt", "model", "count", "source_images"])
const FROM_SHAPE = new Set(["width", "height"]) // they follow the shape unless a custom size is set
const QUIET = new Set(["shape", ...FROM_SHAPE]) // every model has a value for these

export class KeptSettings {
  constructor() {
    this.wishes = new Map() // name → { values, shown: the value in the form when it was rendered }
  }

  /** Return the fields of the form, with the wishes in place of its own values. */
  merged(form, fields) {
    this.#forgetChanged(fields)
    const isExact = fields.some(([name]) => name === "exact")
    for (const [name, value] of fields) {
      if (
        this.wishes.has(name) ||
        IN_EVERY_FORM.has(name) ||
        value === "" ||
        isDefault(form, name, value)
      )
        continue
      if (isExact || !FROM_SHAPE.has(name))
        this.wishes.set(name, { values: valuesOf(fields, name), shown: valuesOf(fields, name) })
    }
    const others = fields.filter(([name]) => !this.wishes.has(name))
    return [...others, ...this.#entries()]
  }

  /** Return the wishes that the form does not show, for a draft. */
  unused(fields) {
    this.#forgetChanged(fields)
    return this.#entries(({ values, shown }) => !equal(values, shown)).map(([name, value]) => [
      PREFIX + name,
      value,
    ])
  }

  /** Whether a kept setting should be mentioned. */
  get isMentioned() {
    return [...this.wishes].some(
      ([name, { values, shown }]) => !QUIET.has(name) && !equal(values, shown),
    )
  }

  /** Restore the wishes of a draft. */
  restore(fields) {
    this.wishes.clear()
    const { kept } = apart(fields)
    for (const [name] of kept)
      if (!IN_EVERY_FORM.has(name))
        this.wishes.set(name, { values: valuesOf(kept, name), shown: [] })
  }

  clear() {
    this.wishes.clear()
  }

  /** Put the wishes that a form supports into it; `read()` returns its fields then. */
  putInto(form, read) {
    for (const [name, { values }] of this.wishes) {
      const controls = [...form.elements].filter((control) => control.name === name)
      for (const control of controls) put(control, values)
    }
    const fields = read()
    for (const [name, wish] of this.wishes) wish.shown = valuesOf(fields, name)
  }

  #forgetChanged(fields) {
    for (const [name, { shown }] of this.wishes)
      if (!equal(valuesOf(fields, name), shown)) this.wishes.delete(name)
  }

  #entries(which = () => true) {
    return [...this.wishes]
      .filter(([, wish]) => which(wish))
      .flatMap(([name, { values }]) => values.map((value) => [name, value]))
  }
}

/** Split a draft into the fields of its form, kept fields, and ids of kept source images. */
export function apart(fields) {
  const isKept = ([name]) => name.startsWith(PREFIX)
  const kept = fields.filter(isKept).map(([name, value]) => [name.slice(PREFIX.length), value])
  return {
    plain: fields.filter((field) => !isKept(field)),
    kept,
    sources: valuesOf(kept, "source_images"),
  }
}

/** Return ids of kept source images as fields of a draft. */
export function keptSources(ids) {
  return ids.map((id) => [`${PREFIX}source_images`, id])
}

function valuesOf(fields, wanted) {
  return fields.filter(([name]) => name === wanted).map(([, value]) => value)
}

function equal(some, others) {
  return some.length === others.length && some.every((value, index) => value === others[index])
}

function isDefault(form, name, value) {
  const initial = form.elements[name]?.dataset?.default
  return initial !== undefined && Number(initial) === Number(value)
}

function put(control, values) {
  if (control.type === "hidden" || control.type === "file") return
  if (control.type === "radio" || control.type === "checkbox") {
    if (values.includes(control.value)) control.checked = true
  } else if (control.matches("select")) {
    if ([...control.options].some((option) => option.value === values[0])) control.value = values[0]
  } else if (control.type !== "number" || isWithin(control, Number(values[0]))) {
    control.value = values[0]
  }
}

function isWithin(control, value) {
  return (
    (control.min === "" || value >= Number(control.min)) &&
    (control.max === "" || value <= Number(control.max))
  )
}
