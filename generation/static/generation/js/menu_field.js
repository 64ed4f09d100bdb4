/** A field that leaves only some of the choices of a menu: those that have the typed text. */

/** Show the choices of `root` that have the text; groups without any are hidden. */
export function showMatching(root, text) {
  const wanted = text
    .normalize("NFC")
    .toLowerCase()
    .replace(/^[\s#]+/, "")
    .trim()
  for (const choice of root.querySelectorAll("button[value]")) {
    choice.hidden = !choice.value.toLowerCase().includes(wanted)
  }
  for (const group of root.querySelectorAll("[role=group]")) {
    group.hidden = !group.querySelector("button[value]:not([hidden])")
  }
}

/** Wire the field of a menu, if it has one: Enter takes the first choice, ↓ goes to it. */
export function wireMenuField(menu) {
  const field = menu.querySelector("[data-menu-field]")
  if (!field) return
  const first = () => menu.querySelector("button[value]:not([hidden])")
  field.addEventListener("input", () => {
    showMatching(menu, field.value)
    menu.querySelector("[data-menu-none]").hidden = Boolean(first())
  })
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || !["Enter", "ArrowDown"].includes(event.key)) return
    event.preventDefault() // Enter would submit the form without a choice
    if (event.key === "ArrowDown") first()?.focus()
    else if (field.value.trim()) first()?.click()
  })
  // A phone's keyboard would cover the menu.
  if (matchMedia("(hover: hover)").matches) field.focus()
}
