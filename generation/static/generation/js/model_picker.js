/**
 * The chooser of models and presets: buttons with arrows, Home, End and type-ahead; → leads to the star
 * of a model. It is loaded when it is to open; without script its buttons submit the form.
 */

import { word } from "../../artgen/js/words.js"
import { sourceModels, wantedRoles } from "./source_roles.js"

const TYPE_AHEAD = 700 // ms between letters of one word

/** `choose(slug)` is called with the chosen model. */
export function wireModelPicker(side, choose) {
  let typed = "",
    last = 0,
    isSpaceTyped = false
  side.addEventListener("click", (event) => {
    // The list that openForSources() asked for may have failed to load.
    if (event.target.closest(".model-button")) delete side.querySelector("#models").dataset.most
    const purpose = event.target.closest("[data-purpose]")
    if (purpose)
      showOnly(
        purpose.closest("[popover]"),
        purpose.ariaPressed === "true" ? "" : purpose.dataset.purpose,
      )
    const option = event.target.closest(".model-option:not([data-preset])")
    if (!option) return
    event.preventDefault()
    option.closest("[popover]").hidePopover()
    if (option.ariaCurrent !== "true") choose(option.value)
  })
  side.addEventListener("loaded", ({ target }) => showForScript(target), true)
  side.addEventListener(
    "toggle",
    (event) => {
      if (event.target.id !== "models") return
      if (event.newState === "open") return showOpened(event.target)
      delete event.target.dataset.most
      showOnly(event.target, "")
    },
    true,
  )
  side.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(".model-row")
    if (!row) return
    const beside = { ArrowRight: row.lastElementChild, ArrowLeft: row.firstElementChild }[event.key]
    if (beside) {
      event.preventDefault()
      beside.focus()
    }
    const option = row.querySelector(".model-option")
    if (beside || (event.target !== option && event.key === " ")) return
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
    event.stopPropagation() // menus.js moves the focus, too
    all[next].focus()
  })
  side.addEventListener("keyup", (event) => {
    if (event.key !== " " || !isSpaceTyped) return
    isSpaceTyped = false
    event.preventDefault() // would click the button
  })
}

/** Dim the models that accept no more source images than `data-most`, or not in their roles; say why. */
function showOpened(list) {
  const all = options(list).filter((option) => !("preset" in option.dataset))
  const { most } = list.dataset
  const wanted = wantedRoles(list.parentElement)
  for (const option of all) {
    const room = Number(option.dataset.sources)
    const roles = option.dataset.roles.split(",")
    const missing = room && wanted.find(({ role }) => !roles.includes(role))
    const lacksRoom = room < Math.max(wanted.length, Number(most ?? -1) + 1)
    option.toggleAttribute("data-dim", Boolean(missing) || lacksRoom)
    const why = option.querySelector("[data-why]")
    why.hidden = !(missing || lacksRoom)
    if (missing) why.textContent = word("no_role", { role: missing.label })
    else if (lacksRoom) why.textContent = word("little_room", { count: room })
  }
  const chosen = most === undefined && list.querySelector("[aria-current]")
  const first = chosen || list.querySelector(".model-option:not([data-dim])") || all[0]
  first?.focus()
}

/** Open the list; dim the models that accept no more source images than `most`. */
export function openForSources(side, most = 0) {
  const list = side.querySelector("#models")
  list.dataset.most = most
  list.showPopover()
}

/** Return whether the model accepts source images; without a model the first that does, or "". */
export function takesSources(side, slug) {
  const room = roomForSources(side)
  if (slug !== undefined) return room[slug] > 0
  return Object.keys(room).find((model) => room[model]) ?? ""
}

/** Return the largest number of source images that a model accepts. */
export function maxSources(side) {
  return Math.max(0, ...Object.values(roomForSources(side)))
}

/** Return the number of source images that each model accepts, the nearest to the chosen one first. */
export function roomForSources(side) {
  return Object.fromEntries(sourceModels(side).map(({ slug, room }) => [slug, room]))
}

/** Show what needs script. */
export function showForScript(list) {
  for (const hidden of list.querySelectorAll(
    "[data-purposes], [data-favorite-model], [data-update-preset], [data-save-preset]",
  ))
    hidden.hidden = false
}

/** Show the models that are good at this, the favorites or the presets; "": all. */
function showOnly(list, wanted) {
  for (const chip of list.querySelectorAll("[data-purpose]"))
    chip.ariaPressed = String(chip.dataset.purpose === wanted)
  const match = wanted === "favorite" ? ":has([aria-pressed=true])" : `[data-of~="${wanted}"]`
  for (const choice of list.querySelectorAll("[data-of]"))
    choice.hidden = Boolean(wanted) && !choice.matches(match)
}

/** Return the models and presets that are shown. */
function options(list) {
  return [...list.querySelectorAll(".model-option")].filter((option) => option.checkVisibility())
}

function name(option) {
  return option.querySelector(".model-name").textContent.trim().toLowerCase()
}
