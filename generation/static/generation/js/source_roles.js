/**
 * What source images are for. The field of an image is its id, ID:ROLE or ID:ROLE-WEIGHT; what the chosen
 * model cannot do with it is marked, and the nearest model that can is offered.
 */

import { say } from "../../artgen/js/status.js"
import { word } from "../../artgen/js/words.js"

const EDIT = "edit"

/** Return the id in a field's value such as ID:ROLE. */
export function bareId(value) {
  return value.split(":")[0]
}

export function roleOf(value) {
  return value.split(":")[1] ?? EDIT
}

/** Return `{role, label}` of all images besides those to edit. */
export function wantedRoles(side) {
  return [...side.querySelectorAll(".source")]
    .map((item) => ({ role: roleOf(fieldOf(item).value), label: labelOf(item) }))
    .filter(({ role }) => role !== EDIT)
}

/** Return what each model does with source images: `{slug, room, roles, name}`, the nearest to the chosen
 * one first. */
export function sourceModels(side) {
  const models = side.querySelector("#models").dataset.sources.split("|")
  return models
    .map((model) => model.split(":"))
    .map(([slug, room, roles, ...name]) => ({
      slug,
      room: Number(room),
      roles: (roles?.split(",") ?? []).flatMap(weighted),
      name: name.join(":"),
    }))
}

/** Return the roles that `role*` stands for. */
function weighted(role) {
  const base = role.replace("*", "")
  return base === role ? [role] : [base, `${base}-light`, `${base}-strong`]
}

/** Return the chosen one of `sourceModels`. */
export function chosenModel(side) {
  const chosen = side.querySelector("#composer").elements.model.value
  return sourceModels(side).find(({ slug }) => slug === chosen)
}

/** Return the field of an image: the menu of its roles. */
export function fieldOf(item) {
  return item.querySelector(".source-role")
}

/** Give the image an id; its role stays. */
export function setId(item, id) {
  for (const option of fieldOf(item).options) {
    const role = roleOf(option.value)
    option.value = role === EDIT ? id : `${id}:${role}`
  }
}

export function setRole(item, wanted) {
  const [role, weight = ""] = wanted.split("-")
  for (const option of fieldOf(item).options)
    option.selected = roleOf(option.value).split("-")[0] === role
  weightOf(item).value = weight
  weigh(item)
}

/** Put the chosen weight into the image's field. */
export function weigh(item) {
  const weight = weightOf(item)
  weight.hidden = roleOf(fieldOf(item).value) === EDIT
  for (const option of fieldOf(item).options) {
    const role = roleOf(option.value).split("-")[0]
    if (role !== EDIT)
      option.value = `${bareId(option.value)}:${role}${weight.value && `-${weight.value}`}`
  }
}

function weightOf(item) {
  return item.querySelector(".source-weight")
}

/** Return the chosen role and weight as a text. */
function labelOf(item) {
  const weight = weightOf(item)
  const chosen =
    weight.hidden || !weight.value ? [] : [weight.selectedOptions[0].text.toLowerCase()]
  return [fieldOf(item).selectedOptions[0].text, ...chosen].join(", ")
}

/** Return the first text of a role that the model does not support, "" without one. */
export function unsupported(side, used) {
  const model = chosenModel(side)
  const item = used.find((one) => !supports(model, [roleOf(fieldOf(one).value)]))
  return item ? word("role_unsupported", { model: model.name, role: labelOf(item) }) : ""
}

/** Show what the model does not do with `used` images, and what would with those and `kept` ones. */
export function showRoles(side, used, kept) {
  const model = chosenModel(side)
  for (const item of [...used, ...kept]) {
    weigh(item)
    for (const option of fieldOf(item).options) {
      const can = kept.includes(item) || supports(model, [roleOf(option.value)])
      option.label = can ? option.text : word("role_elsewhere", { role: option.text })
    }
  }
  const text = unsupported(side, used)
  const note = side.querySelector("[data-role-note]")
  if (note) {
    const line = note.querySelector("p")
    if (text && line.textContent !== text) say(text)
    line.textContent = text
    note.hidden = !text
  }
  const nearest = nearestTo(side, [...used, ...kept])
  for (const button of side.querySelectorAll("[data-nearest-model]")) {
    button.hidden = !nearest || (text && !note.contains(button))
    button.value = nearest?.slug ?? ""
    button.textContent = nearest ? word("switch_to", { model: nearest.name }) : ""
  }
}

/** Return the nearest model that supports these images, or as many as possible; null without one. */
function nearestTo(side, items) {
  const roles = items.map((item) => roleOf(fieldOf(item).value))
  const able = sourceModels(side).filter((model) => supports(model, roles))
  const most = able.reduce((best, model) => (model.room > best.room ? model : best), { room: 0 })
  const found = able.find(({ room }) => room >= items.length) ?? most
  return found.slug && found.slug !== chosenModel(side)?.slug ? found : null
}

function supports(model, roles) {
  return Boolean(model?.room) && roles.every((role) => model.roles.includes(role))
}
