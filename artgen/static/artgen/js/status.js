/** The page's one live region: says changes to screen readers, merged when they come in bursts. */

const region = document.getElementById("status")
let waiting = []
let timer = 0

/** Say a sentence politely; sentences of the same second are read together. */
export function say(sentence) {
  if (!sentence || waiting.includes(sentence)) return
  waiting.push(sentence)
  clearTimeout(timer)
  timer = setTimeout(() => {
    region.textContent = waiting.join(" ")
    waiting = []
  }, 600)
}
