/** The sliders of the composer: each is a range and the field of its number. */

/** Fill the tracks of all sliders of the form. */
export function fillSliders(form) {
  for (const slider of form.querySelectorAll("[data-slider]")) fill(slider)
}

/** Make range and number of a slider equal after input in `target`, one of the two. */
export function moveSlider(slider, target) {
  if (target.matches("select")) return
  const [range, number] = partsOf(slider)
  if (target === range) number.value = range.value
  else if (number.value !== "") range.value = number.value
  fill(slider)
}

/** Show the numbers that a script has put into the form. */
export function syncSliders(form) {
  for (const slider of form.querySelectorAll("[data-slider]")) {
    const [range, number] = partsOf(slider)
    if (range) range.value = number.value
  }
}

function partsOf(slider) {
  return [slider.querySelector("[data-range]"), slider.querySelector("[type=number]")]
}

function fill(slider) {
  const [range] = partsOf(slider)
  if (range)
    range.style.setProperty(
      "--value",
      (100 * (range.value - range.min)) / (range.max - range.min || 1),
    )
}
