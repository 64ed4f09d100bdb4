/**
 * Texts with numbers, translated: the server puts them into <script type="application/json"
 * id="words">.
 */

const words = JSON.parse(document.getElementById("words")?.textContent || "{}")
const language = document.documentElement.lang
const rules = new Intl.PluralRules(language)

/** Return a text with its `%(name)s` filled in. */
export function word(name, values = {}) {
  return fill(words[name] ?? "", values)
}

/** Return a text in the plural form of `count`, which fills `%(count)s`. */
export function plural(name, count, values = {}) {
  const forms = words[name] ?? {}
  return fill(forms[rules.select(count)] ?? forms.other ?? "", { count: number(count), ...values })
}

export function number(value, digits = 0) {
  return value.toLocaleString(language, { maximumFractionDigits: digits })
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_match, name) => values[name] ?? "")
}
