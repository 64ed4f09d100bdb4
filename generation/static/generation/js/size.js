/** The size of the image: one of the shapes, or an exact width and height. */

/** Choose between shape and exact size after input in `target`. */
export function sizeTyped(form, target) {
  const { exact } = form.elements
  if (target.name === "width" || target.name === "height") exact.checked = true
  if (target.name === "shape" && exact) exact.checked = false
}

/** Show the size; the exact fields follow the shape until they are used. */
export function showSize(form) {
  const { exact, width, height, shape } = form.elements
  form.classList.toggle("exact-on", Boolean(exact?.checked))
  const label = form.querySelector("[data-size]")
  if (!label) return
  if (exact && !exact.checked && shape?.value) [width.value, height.value] = shape.value.split("x")
  label.textContent = exact?.checked
    ? `${width.value} × ${height.value}`
    : (shape?.value ?? "").replace("x", " × ")
}
