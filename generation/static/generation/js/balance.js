/** The balance in the bar, from the last response of the server. */

import { number } from "../../artgen/js/words.js"

/** Show that the credits which a job has held are charged. */
export function showCharged(job) {
  const { credits, held } = document.getElementById("balance")?.dataset ?? {}
  showBalance({ credits: Number(credits), held: Math.max(0, Number(held) - job.credits) })
}

export function showBalance({ credits, held }) {
  const balance = document.getElementById("balance")
  if (!balance || credits === null || credits === undefined) return
  document.getElementById("balance-credits").textContent = number(credits)
  document.getElementById("balance-held-amount").textContent = number(held)
  document.getElementById("balance-held").hidden = !held
  balance.dataset.held = held
  if (Number(balance.dataset.credits) === credits) return
  balance.dataset.credits = credits
  document.dispatchEvent(new CustomEvent("balance"))
}
