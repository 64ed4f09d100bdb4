/**
 * The cards of a job that has just ended with images: the server's own card in `#card-frame`, whose
 * names in braces are filled in.
 */

import { short } from "./job_card.js"

const FILLED = /\{(\w+)\}|00000000-0000-0000-0000-00000000000[01]/g
const JOB = "00000000-0000-0000-0000-000000000000",
  IMAGE = "00000000-0000-0000-0000-000000000001"

/**
 * Return the cards of the job, one for each image, in a fragment; null if the page has no frame.
 * `addresses` has `src` and `srcset` of each image; `wide`: for a run in landscape format.
 */
export function cardsOfEnded(job, addresses, { wide }) {
  const frame = document.getElementById("card-frame")
  if (!frame) return null
  const cards = new DocumentFragment()
  for (const [number, image] of job.images.entries()) {
    const { phase, version } = job
    const texts = { ...image, ...addresses[number], prompt: short(job.prompt), phase, version }
    texts[JOB] = job.id
    texts[IMAGE] = image.id
    const card = frame.content.firstElementChild.cloneNode(true)
    for (const element of [card, ...card.querySelectorAll("*")])
      for (const attribute of element.attributes)
        attribute.value = attribute.value.replace(FILLED, (text, name) => texts[name ?? text])
    const picture = card.querySelector("[srcset]")
    if (wide) picture.sizes = frame.dataset.wideSizes
    if (!addresses[number].srcset)
      for (const name of ["srcset", "sizes"]) picture.removeAttribute(name)
    cards.append(card)
  }
  return cards
}
