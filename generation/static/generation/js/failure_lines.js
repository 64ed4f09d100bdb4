/** Failures of one cause in sequence are one line, with their number; pressed, it shows all. */

import { plural } from "../../artgen/js/words.js"

export function foldFailures(feed) {
  arrange(feed)
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => !target.closest("li"))) arrange(feed)
  }).observe(feed, { childList: true, subtree: true })
}

function arrange(feed) {
  let alike = []
  let cause = ""
  for (const card of [...feed.querySelectorAll("[data-job]"), null]) {
    const next = card?.dataset.cause ?? ""
    if (next !== cause || !next) {
      fold(alike)
      alike = []
    }
    cause = next
    alike.push(card)
  }
}

function fold(cards) {
  const isFolded = cards.length > 1 && !cards.some((card) => "unfolded" in card.dataset)
  for (const [index, card] of cards.entries()) {
    card.toggleAttribute("data-folded", isFolded && index > 0)
    card.querySelector("[data-failures]")?.remove()
  }
  if (!isFolded) return
  const button = document.createElement("button")
  Object.assign(button, { className: "button button-small", type: "button", ariaExpanded: "false" })
  Object.assign(button, { textContent: plural("failed", cards.length) })
  button.dataset.failures = ""
  button.addEventListener("click", () => {
    for (const card of cards) card.dataset.unfolded = ""
    fold(cards)
    cards[1].querySelector("button").focus()
  })
  cards[0].querySelector(".ended-actions").prepend(button)
}
