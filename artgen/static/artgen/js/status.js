/** The live region of the page: announces changes to screen readers, several at a time. */

const region = document.getElementById("status")
let waiting = []
let timer = 0

/** Announce a sentence politely; those of the same second are read together. */
export function say(sentence) {
  if (!sentence || waiting.includes(sentence)) return
  waiting.push(sentence)
  clearTimeout(timer)
  timer = setTimeout(() => {
    region.textContent = waiting.join(" ")
    waiting = []
  }, 600)
}
