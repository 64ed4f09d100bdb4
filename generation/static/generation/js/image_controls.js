/**
 * What the image of a list has besides its link: placeholder, tick, caption, buttons. Made here from
 * <template id="image-controls">; a page for browsers without script has it in its HTML.
 */

import { largeOf, srcsetOf } from "./copies.js"

const WEBP = "data:image/webp;base64,"

/** Complete the images below `root`. */
export function addControls(root) {
  const template = document.getElementById("image-controls")
  for (const picture of root.querySelectorAll(".card-image[data-blur]"))
    complete(picture, template.content.cloneNode(true), template.dataset)
}

/** Return the size of the file of a tile. */
export function bytesOf(tile) {
  return Number((tile.querySelector("[data-bytes]") ?? tile).dataset.bytes)
}

/** Show whether the image of a tile is selected. */
export function choose(tile, on) {
  tile.querySelector(".tick").checked = on
  tile.toggleAttribute("data-chosen", on)
}

/** `open` names the link of a card of the feed; links of the gallery have a name. */
function complete(picture, controls, { images, open, sizes }) {
  const tile = picture.closest("li")
  const link = tile.querySelector(".card-link")
  const id = tile.dataset.image
  const address = `${images}${id}/`
  const prompt =
    link.ariaLabel ??
    tile.dataset.prompt ??
    tile.closest(".run").querySelector(".run-prompt").textContent
  const within = (selector) => controls.querySelector(selector)
  const large = largeOf(picture)
  if (large) picture.dataset.large = large
  if (tile.dataset.job) {
    link.href = address
    link.ariaLabel = (open ?? "{prompt}").replace("{prompt}", () => prompt)
    link.parentElement.ariaLabel = prompt
    picture.alt = prompt
    completeCard(tile, picture, within(".card-shape"))
  }
  tile.id = `image-${id}`
  picture.before(blurOf(picture))
  if (sizes && large) Object.assign(picture, { srcset: srcsetOf(picture), sizes })
  else if ("soft" in picture.dataset) picture.srcset = `${large} 2x`
  const tick = within(".tick")
  tick.value = id
  tick.ariaLabel = tick.ariaLabel.replace("{prompt}", () => prompt)
  tick.dataset.bytes = tile.dataset.bytes
  if (within(".card-caption")) within(".card-caption").textContent = prompt
  within("[data-trash]").formAction = `${address}trash/`
  const heart = within("[data-favorite]")
  heart.dataset.favorite = id
  heart.ariaPressed = String("liked" in tile.dataset)
  const source = within("[data-source-of]")
  if (source) {
    source.dataset.sourceOf = id
    within("[download]").href = `${address}download/`
    within("[data-details]").href = address
  }
  if (!tile.dataset.stack) within(".stack-toggle")?.remove()
  link.after(controls)
}

/** A card with an image is that of a job that has ended, which no event changes. */
function completeCard(card, picture, shape) {
  Object.assign(card.dataset, { status: "succeeded", version: Infinity })
  if (!shape) return // of a card in the gallery's lightbox
  const [width, height] = ["width", "height"].map((side) => picture.getAttribute(side))
  shape.setAttribute("viewBox", `0 0 ${width} ${height}`)
  picture.before(shape)
}

function blurOf({ dataset }) {
  const blur = document.createElement("img")
  blur.className = "card-blur"
  blur.src = dataset.blur.startsWith("data:") ? dataset.blur : WEBP + dataset.blur
  blur.alt = ""
  blur.ariaHidden = "true"
  delete dataset.blur
  return blur
}
