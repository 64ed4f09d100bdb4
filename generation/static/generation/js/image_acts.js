/**
 * What is made of an image where it is shown: variants, a larger one, a new one from a draft's
 * prompt, a change of a part, and its prompt again. Pages press it by buttons and keys; prices come when somebody points at an image.
 */

import { api, part } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showBalance } from "./balance.js"
import { describe, formWith } from "./describe.js"
import { showFailure } from "./failures.js"
import { freshKey } from "./random.js"
import { copyShareLink } from "./share_link.js"

/** Shortcuts, and the names of the buttons (`data-make`). */
export const ACTS = ["vary", "vary_strong", "upscale", "finish", "edit_area", "reuse"]
const ORDERS = {
  vary: { path: "vary/", fields: { amount: "subtle" } },
  vary_strong: { path: "vary/", fields: { amount: "strong" } },
  upscale: { path: "upscale/", fields: { scale: "2" } },
}
const POINTED = 60 // ms: a pointer that only passes asks for nothing
const PRICES_FOR = 30_000 // ms: the queue changes, and with it the wait time
const PAUSE = 700 // ms: the second click of a double click is no second order

/** Put the buttons into the cards of images below `root`. */
export function addActs(root) {
  const template = document.getElementById("card-acts")
  if (!template) return
  for (const actions of root.querySelectorAll(".card-actions:not(.card-acts + *)")) {
    const acts = template.content.firstElementChild.cloneNode(true)
    const left = isDraft(actions.closest("[data-image]")) ? "edit_area" : "finish" // for both there is no room
    acts.querySelector(`[data-make=${left}]`).remove()
    actions.before(acts)
  }
  // By keyboard: the keys on the image's link, and the buttons of the lightbox.
  for (const button of root.querySelectorAll(".card-acts button")) button.tabIndex = -1
}

/** Whether an image of a list is a draft: the server says it. */
export function isDraft(tile) {
  return "draft" in tile.dataset
}

export class ImageActs {
  /**
   * `data` has the texts and addresses of the page. `placed(runs, tile)` gets what was
   * placed; `reuse(id)` puts the image's prompt into a form of this page, `write(prompt)` another
   * one; its `model()` finishes images first of all.
   */
  constructor(data, { placed, reuse = null, write = null, model = () => "" }) {
    Object.assign(this, { data, placed, reuse, write, model })
    this.offers = new Map() // image id → {at, found}: when, a promise of {act: {price, text}}
    this.orders = new Map() // "image id, act" → {key, isBusy}; the key stays until an answer comes
    this.prices = new Map() // "image id, act" → credits that were shown
    this.timer = 0
    document.addEventListener("balance", () => this.offers.clear())
  }

  /** Put prices into the buttons below `root`, which belong to the image of `tile`. */
  async label(root, tile) {
    const id = tile.dataset.image
    root.dataset.pricesOf = id
    let offers
    try {
      offers = await this.#offersOf(tile)
    } catch {
      return // the buttons work without prices
    }
    if (root.dataset.pricesOf !== id) return
    for (const [act, offer] of Object.entries(offers))
      if (offer) this.prices.set(`${id} ${act}`, offer.credits)
    for (const button of root.querySelectorAll("[data-make]")) this.#label(button, offers)
  }

  /** Take the prices away: the buttons below `root` belong to another image now. */
  unlabel(root) {
    root.dataset.pricesOf = ""
    for (const button of root.querySelectorAll("[data-make]")) this.#label(button, {})
  }

  /** Return whether the prices of this image are known. */
  knows(tile) {
    const known = this.offers.get(tile.dataset.image)
    return known?.model === this.model() && Date.now() - known.at < PRICES_FOR
  }

  /** Press the buttons of cards of `list`, and label them when a pointer rests on one. */
  watch(list) {
    list.addEventListener("pointerover", ({ target }) => {
      const tile = target.closest("[data-make]")?.closest("[data-image]")
      clearTimeout(this.timer)
      if (tile) this.timer = setTimeout(() => this.label(tile, tile), POINTED)
    })
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-make]")
      if (button) this.press(button, button.closest("[data-image]"), event)
    })
    // The focus stays where it is, so that Space, which scrolls, does not press the button again.
    list.addEventListener("mousedown", (event) => {
      if (event.target.closest(".card-acts")) event.preventDefault()
    })
  }

  press(button, tile, { shiftKey = false } = {}) {
    if (button.getAttribute("aria-disabled") === "true") return
    const act = button.dataset.make
    this.act(act === "vary" && shiftKey ? "vary_strong" : act, tile)
  }

  async act(name, tile) {
    const page = this.pageOf(name, tile)
    if (page) location.assign(page)
    else if (name === "reuse") this.reuse(tile.dataset.image)
    else if (name === "finish") await this.#finishOne(tile)
    else await this.#place(name, tile)
  }

  /** `open(page)` shows the choices, by default in place of this page. */
  share(tile, open = (page) => location.assign(page)) {
    const address = addressOf(tile)
    return copyShareLink(address, this.data, { options: () => open(`${address}share/`) })
  }

  /** Put a prompt that describes the image into a form; `open(page)` shows that of another page. */
  async describe(tile, { close, open }) {
    const prompt = await describe(tile.dataset.image, this.data)
    if (prompt === null) return
    if (!this.write) return open(formWith(prompt, this.data))
    await close()
    this.write(prompt)
  }

  /** Return the address of the page that the action opens, "" if it opens none. */
  pageOf(name, tile) {
    if (name === "edit_area") return `${addressOf(tile)}edit/`
    if (name !== "reuse" || this.reuse) return ""
    return `${this.data.create}?image=${tile.dataset.image}`
  }

  async #finishOne(tile) {
    try {
      const { finish } = await this.#offersOf(tile)
      const id = tile.dataset.image
      const credits = this.prices.get(`${id} finish`) ?? finish?.credits
      if (finish) await this.finish([id], { model: finish.model, max_credits: credits }, tile)
      else toast(this.data.notPossible, { kind: "error", key: "failed" })
    } catch (problem) {
      showFailure(problem, this.data)
    }
  }

  /** Create the finals of images by a model, at the shown price; they stand after `tile`. */
  finish(ids, choice, tile) {
    const fields = { ids: ids.join(","), ...choice }
    return this.#send(`${fields.ids} ${choice.model}`, this.data.finish, fields, tile)
  }

  #place(name, tile) {
    const { path, fields } = ORDERS[name]
    const call = `${tile.dataset.image} ${name}`
    const price = this.prices.has(call) ? { max_credits: this.prices.get(call) } : {}
    return this.#send(call, addressOf(tile) + path, { ...fields, ...price }, tile)
  }

  /** Place what a form of the image's page orders. */
  submit(form, button, tile) {
    const fields = Object.fromEntries(new FormData(form, button))
    return this.#send(`${form.action} ${button.value}`, form.action, fields, tile)
  }

  /** Post an order, once however often it is pressed; resolve to whether it was placed. */
  async #send(call, address, fields, tile) {
    const order = this.orders.get(call) ?? { key: freshKey() }
    if (order.isBusy) return false
    order.isBusy = true
    this.orders.set(call, order)
    const pause = new Promise((resolve) => setTimeout(resolve, PAUSE))
    const form = new FormData()
    for (const [field, value] of Object.entries({ ...fields, key: order.key }))
      form.set(field, value)
    try {
      const answer = await part(address, { method: "POST", form })
      order.key = freshKey()
      showBalance(answer)
      const runs = [...answer.fragment.querySelectorAll("[data-run]")]
      if (runs.length) this.placed(runs, tile)
      return true
    } catch (problem) {
      if (problem.status) order.key = freshKey()
      showFailure(problem, this.data, {
        accept: (accepted) => {
          order.isBusy = false // this press is no second click
          this.#send(call, address, { ...fields, ...accepted }, tile)
        },
      })
      return false
    } finally {
      await pause
      order.isBusy = false
    }
  }

  #offersOf(tile) {
    const id = tile.dataset.image
    if (!this.knows(tile)) {
      const model = this.model()
      const found = api(`${addressOf(tile)}offers/?${new URLSearchParams({ model })}`)
      found.catch(() => this.offers.delete(id))
      this.offers.set(id, { at: Date.now(), model, found })
    }
    return this.offers.get(id).found
  }

  /** Show the price in the style sheets' tip, which is there at once, in place of the title. */
  #label(button, offers) {
    button.dataset.label ??= button.title
    const { label } = button.dataset
    const offer = offers[button.dataset.make]
    const isOff = offer === null
    const text = isOff ? this.data.notPossible : (offer?.text ?? "")
    button.title = text ? "" : label
    button.dataset.tip = text ? `${label}\n${text}` : ""
    button.dataset.price = offer?.price ?? ""
    button.setAttribute("aria-disabled", String(isOff))
    button.ariaDescription = text
  }
}

function addressOf({ dataset }) {
  return `/images/${dataset.image}/`
}
