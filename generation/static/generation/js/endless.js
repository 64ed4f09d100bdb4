/**
 * Lists that load on as one scrolls, and come back as long as they were. What is far outside gives
 * its image and its buttons back; place, link, prompt and tick of each image stay, for keys, the
 * selection and the browser's search.
 */

import { part } from "../../artgen/js/http.js"
import { addActs } from "./image_acts.js"

const NEAR_END = "1500px 0px",
  NEAR = "2500px 0px"

export class Endless {
  /** `append(fragment)` puts the next page into `list`. */
  constructor(list, append) {
    Object.assign(this, { list, append, near: new WeakSet() })
    this.ends = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.load(),
      { rootMargin: NEAR_END },
    )
    this.tiles = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) this.#passed(entry)
      },
      { rootMargin: NEAR },
    )
    list.addEventListener("click", (event) => this.#pressed(event))
    this.watch(list)
    this.#return()
    this.#watchEnd()
  }

  /** Let the images below `root` have buttons while they are near. */
  watch(root) {
    for (const link of root.querySelectorAll("li .card-link"))
      this.tiles.observe(link.closest("li"))
  }

  /** Append the next page; resolve to its {first} link, null without a page or a connection. */
  async load() {
    const link = this.list.querySelector("[data-load-more]")
    if (!link || link.getAttribute("aria-disabled") === "true") return null
    link.setAttribute("aria-disabled", "true")
    try {
      const { fragment } = await part(link.href)
      link.closest("nav").remove()
      const first = fragment.querySelector(".card-link")
      this.append(fragment)
      this.pages += 1
      this.#keepPlace()
      this.watch(this.list)
      this.#watchEnd()
      return { first }
    } catch {
      link.removeAttribute("aria-disabled")
      return null
    }
  }

  async #pressed(event) {
    const link = event.target.closest("[data-load-more]")
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (link.getAttribute("aria-disabled") === "true") return
    const page = await this.load()
    if (page) page.first?.focus({ preventScroll: true })
    else location.assign(link.href)
  }

  #watchEnd() {
    this.ends.disconnect()
    const link = this.list.querySelector("[data-load-more]")
    if (link) this.ends.observe(link)
  }

  #passed({ target, isIntersecting }) {
    if (isIntersecting) {
      this.near.add(target)
      addActs(target)
    } else if (this.near.delete(target)) {
      target.querySelector(".card-acts")?.remove()
      const image = target.querySelector(".card-image")
      const unloaded = image.cloneNode()
      unloaded.loading = "lazy"
      delete unloaded.dataset.loading
      image.replaceWith(unloaded)
    }
  }

  #keepPlace() {
    if (!history.state?.lightbox)
      history.replaceState({ ...history.state, pages: this.pages, top: scrollY }, "")
  }

  /** After a reload or Back, load the pages that were there, and show the same place. */
  async #return() {
    const { pages = 0, top } = history.state ?? {}
    this.pages = 0
    while (this.pages < pages && (await this.load()));
    if (pages) scrollTo(0, top)
    addEventListener("scrollend", () => this.#keepPlace())
  }
}
