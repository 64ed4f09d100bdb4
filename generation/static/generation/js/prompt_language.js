/**
 * Whether a prompt is visibly in a language that a model does not support: by the share of letters
 * of a script. Latin letters say nothing.
 */

const MIN_SHARE = 0.3
const MIN_LETTERS = 3
const SCRIPTS = [
  [/\p{Script=Cyrillic}/gu, ["ru", "uk"]],
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/gu, ["ja"]],
  [/\p{Script=Han}/gu, ["zh", "ja"]],
  [/\p{Script=Hangul}/gu, ["ko"]],
  [/\p{Script=Arabic}/gu, ["ar"]],
  [/\p{Script=Devanagari}/gu, ["hi"]],
]
const QUOTED = /«[^»]*»|“[^”]*”|„[^“]*“|"[^"]*"/gu // words to be written in the image

/** Return true if the text has the letters of another language than `codes`, such as "en zh". */
export function needsTranslation(text, codes) {
  const known = codes.split(" ").filter(Boolean)
  if (!known.length) return false
  const bare = text.replace(QUOTED, "")
  const letters = bare.match(/\p{Letter}/gu)?.length ?? 0
  return SCRIPTS.some(([letter, languages]) => {
    const count = bare.match(letter)?.length ?? 0
    const isVisible = count >= MIN_LETTERS && count / letters >= MIN_SHARE
    return isVisible && !languages.some((language) => known.includes(language))
  })
}
