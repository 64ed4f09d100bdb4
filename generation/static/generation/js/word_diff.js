/** Which words of two texts differ: the longest common sequence of words. */

/**
 * Return the pieces of both texts as {before, after}: lists of {text, changed}, whose texts joined
 * give the original again.
 */
export function wordDiff(before, after) {
  const old = words(before)
  const now = words(after)
  const lengths = commonLengths(old, now)
  const kept = { before: new Set(), after: new Set() }
  let i = 0
  let j = 0
  while (i < old.length && j < now.length) {
    if (same(old[i], now[j])) {
      kept.before.add(i++)
      kept.after.add(j++)
    } else if (lengths[i + 1][j] >= lengths[i][j + 1]) i++
    else j++
  }
  return { before: pieces(old, kept.before), after: pieces(now, kept.after) }
}

/** Return the words and punctuation marks, each with the space before it. */
function words(text) {
  return text.match(/\s*(?:[\p{Letter}\p{Mark}\p{Number}]+|\S)|\s+$/gu) ?? []
}

function same(one, other) {
  return one.trim() === other.trim()
}

/** Return how long the common sequence of old[i…] and now[j…] is, as a table. */
function commonLengths(old, now) {
  const table = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1))
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      table[i][j] = same(old[i], now[j])
        ? table[i + 1][j + 1] + 1
        : Math.max(table[i + 1][j], table[i][j + 1])
    }
  }
  return table
}

/** Return adjacent words of the same kind as one piece. */
function pieces(list, kept) {
  const found = []
  list.forEach((text, index) => {
    const changed = !kept.has(index)
    const last = found.at(-1)
    if (last && last.changed === changed) last.text += text
    else found.push({ text, changed })
  })
  return found
}
