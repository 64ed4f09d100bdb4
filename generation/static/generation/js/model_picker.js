/**
 * The list of models: a listbox with arrows, Home, End and type-ahead. Without script its options
 * are submit buttons.
 */

const TYPE_AHEAD = 700 // ms between letters of one word

/** `choose(slug)` is called with the chosen model. */
export function wireModelPicker(side, choose) {
  let typed = "",
    last = 0,
    isSpaceTyped = false
  side.addEventListener("click", (event) => {
    const option = event.target.closest(".model-option")
    if (!option) return
    event.preventDefault()
    option.closest("[popover]").hidePopover()
    if (option.getAttribute("aria-selected") !== "true") choose(option.value)
  })
  side.addEventListener(
    "toggle",
    (event) => {
      if (event.target.id !== "models") return
      if (event.newState === "open")
        (event.target.querySelector("[aria-selected=true]") ?? options(event.target)[0])?.focus()
      else for (const option of options(event.target)) delete option.dataset.dim
    },
    true,
  )
  side.addEventListener("keydown", (event) => {
    const option = event.target.closest?.(".model-option")
    if (!option) return
    const all = options(option.closest("[popover]"))
    const now = all.indexOf(option)
    let next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key]
    const word = event.timeStamp - last < TYPE_AHEAD ? typed + event.key : event.key
    // A space chooses, unless it continues a name: "FLUX.1 s…".
    isSpaceTyped =
      event.key === " " &&
      word !== " " &&
      all.some((one) => name(one).startsWith(word.toLowerCase()))
    if (
      next === undefined &&
      event.key.length === 1 &&
      (event.key !== " " || isSpaceTyped) &&
      !event.ctrlKey &&
      !event.metaKey
    ) {
      typed = word
      last = event.timeStamp
      const from = typed.length > 1 ? now : now + 1
      const order = [...all.slice(from), ...all.slice(0, from)]
      next = all.indexOf(order.find((one) => name(one).startsWith(typed.toLowerCase())))
    }
    if (next === undefined || next < 0 || next >= all.length) return
    event.preventDefault()
    all[next].focus()
  })
  side.addEventListener("keyup", (event) => {
    if (event.key !== " " || !isSpaceTyped) return
    isSpaceTyped = false
    event.preventDefault() // would click the button
  })
}

/** Open the list; dim the models that accept no more source images than `most`. */
export function openForSources(side, most = 0) {
  const list = side.querySelector("#models")
  for (const option of options(list))
    if (Number(option.dataset.sources) <= most) option.dataset.dim = ""
  list.showPopover()
  list.querySelector(".model-option:not([data-dim])")?.focus()
}

/** Return whether the model accepts source images; without a model the first that does, or "". */
export function takesSources(side, slug) {
  const taking = options(side.querySelector("#models"))
    .filter((option) => option.dataset.sources !== "0")
    .map((option) => option.value)
  return slug === undefined ? (taking[0] ?? "") : taking.includes(slug)
}

/** Return the largest number of source images that a model accepts. */
export function maxSources(side) {
  return Math.max(
    0,
    ...options(side.querySelector("#models")).map((option) => Number(option.dataset.sources)),
  )
}

function options(list) {
  return [...list.querySelectorAll(".model-option")]
}

function name(option) {
  return option.querySelector(".model-name").textContent.trim().toLowerCase()
}
