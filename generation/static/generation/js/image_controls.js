/**
 * What the image of a list has besides its link: placeholder, tick, caption, buttons. Made here from
 * <template id="image-controls">; a page for browsers without script has it in its HTML.
 */

import { largeOf } from "./copies.js"

const WEBP = "data:image/webp;base64,"
const JOB = /([0-9a-f-]{36})-\d+\.webp/ // in the address of an image
const SVG = "http://www.w3.org/2000/svg"

/** Complete the images below `root`. */
export function addControls(root) {
  const template = document.getElementById("image-controls")
  for (const picture of root.querySelectorAll(".card-picture[data-blur]"))
    complete(picture, template.content.cloneNode(true), template.dataset)
}

/** Return the size of the file of a tile. */
export function bytesOf(tile) {
  return Number((tile.querySelector("[data-bytes]") ?? tile).dataset.bytes)
}

/** `open` and `label` name the link and the card of the feed; links of the gallery have a name. */
function complete(picture, controls, { open, label }) {
  const tile = picture.closest("li")
  const link = tile.querySelector(".card-link")
  const prompt =
    link.ariaLabel ??
    tile.dataset.prompt ??
    tile.closest(".run").querySelector(".run-prompt").textContent
  const address = link.getAttribute("href") // not `href`: a part that was loaded has no base
  const id = address.split("/").at(-2)
  const within = (selector) => controls.querySelector(selector)
  if (open) {
    link.ariaLabel = open.replace("{prompt}", () => prompt)
    link.parentElement.ariaLabel = label.replace("{prompt}", () => prompt)
    picture.alt = prompt
    completeCard(tile, picture)
  }
  tile.dataset.image = id
  tile.id = `image-${id}`
  picture.before(blurOf(picture))
  if ("soft" in picture.dataset) picture.srcset = `${largeOf(picture)} 2x`
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

/** A card without its own values is that of a job that has ended, which no event changes. */
function completeCard(tile, picture) {
  tile.dataset.job ??= picture.src.match(JOB)[1]
  tile.dataset.status = "succeeded"
  tile.dataset.version = 0
  const shape = document.createElementNS(SVG, "svg")
  shape.setAttribute("class", "card-shape")
  shape.setAttribute(
    "viewBox",
    `0 0 ${picture.getAttribute("width")} ${picture.getAttribute("height")}`,
  )
  shape.ariaHidden = "true"
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
