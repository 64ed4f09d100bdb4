/** Unfinished edits survive a reload: this browser stores the last ones by user and image. */

const MAX_DRAFTS = 10

export class EditDraft {
  constructor(user, image) {
    this.key = `artgen:edits:${user}`
    this.image = image
  }

  /** Return what was stored for this image, null without a draft. */
  read() {
    return this.#all().find((draft) => draft.image === this.image) ?? null
  }

  /** Store the draft of this image as the newest one. */
  write(draft) {
    const others = this.#all().filter(({ image }) => image !== this.image)
    this.#put([{ ...draft, image: this.image }, ...others].slice(0, MAX_DRAFTS))
  }

  forget() {
    this.#put(this.#all().filter(({ image }) => image !== this.image))
  }

  #all() {
    try {
      const found = JSON.parse(localStorage.getItem(this.key))
      return Array.isArray(found) ? found : []
    } catch {
      return []
    }
  }

  #put(drafts) {
    try {
      localStorage.setItem(this.key, JSON.stringify(drafts))
    } catch {
      // Private mode or a full disk: the page still has the mask.
    }
  }
}
