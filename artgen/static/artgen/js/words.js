/** Words with numbers in the page's language. The server puts the forms into <script type="application/json" id="words">. */

const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}")
const language = document.documentElement.lang
const rules = new Intl.PluralRules(language)

/** Return a plain sentence with its `%(name)s` filled in. */
export function word(name, values = {}) {
  return fill(words[name] ?? "", values)
}

/** Return a sentence in the plural form of `count`, which fills `%(count)s`. */
export function plural(name, count, values = {}) {
  const forms = words[name] ?? {}
  return fill(forms[rules.select(count)] ?? forms.other ?? "", { count: number(count), ...values })
}

export function number(value, digits = 0) {
  return value.toLocaleString(language, { maximumFractionDigits: digits })
}

/** The same rounding as artgen/words.py: 1 s below 10, 5 s below 60, then half minutes. */
function rounded(seconds) {
  const amount = Math.max(1, seconds)
  if (amount < 10) return [Math.round(amount), "s"]
  if (amount < 57.5) return [5 * Math.round(amount / 5), "s"]
  return [Math.max(1, Math.round(amount / 30) / 2), "min"]
}

function withUnit(amount, unit) {
  return word(unit === "s" ? "seconds" : "minutes", { amount })
}

export function duration(seconds) {
  const [amount, unit] = rounded(seconds)
  return withUnit(number(amount, 1), unit)
}

/** Return a forecast {p50, p90} in words: "about 40 s", "20–60 s". */
export function waiting({ p50, p90 }) {
  const [low, lowUnit] = rounded(p50)
  const [high, highUnit] = rounded(p90)
  if (p90 <= 1.5 * p50 || (low === high && lowUnit === highUnit)) return word("about", { duration: duration(p50) })
  if (lowUnit !== highUnit) return `${withUnit(number(low, 1), lowUnit)}–${withUnit(number(high, 1), highUnit)}`
  return withUnit(`${number(low, 1)}–${number(high, 1)}`, lowUnit)
}

function fill(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_match, name) => values[name] ?? "")
}
