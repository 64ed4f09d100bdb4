/**
 * Runs made from images where these are shown: cards in a strip below the image, and after it in the
 * order of the lightbox.
 */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { showBalance } from "./balance.js"
import { Cards } from "./cards.js"
import { connect } from "./connection.js"
import { showFailure } from "./failures.js"
import { anchorPopovers } from "./floating.js"

export class JoinedRuns {
  /**
   * `strip` has the cards, on the lightbox's pages only while that is open; `data` has addresses and
   * texts of the page. `show({id, source})` puts the images of a run into the page as they are stored;
   * `ended(card)` and `changed()` are called after each job.
   */
  constructor({ data, strip = newStrip(), show = () => {}, ended = () => {}, changed = () => {} }) {
    Object.assign(this, { data, strip, show, ended, changed })
    this.cards = new Cards({ root: strip, data, onEnded: (card) => this.#ended(card) })
    anchorPopovers()
  }

  /**
   * Follow runs that were placed, as the server has rendered them; `tile` has their source. While
   * the strip is not shown, a message tells of them and has a button for `action`: to cancel them.
   */
  add(runs, tile, action = null) {
    for (const run of runs) {
      const shown = run.cloneNode(true)
      shown.dataset.source = tile.dataset.image
      this.strip.prepend(shown)
      this.cards.insertRun(shown, { above: shown })
      // They may have ended before.
      for (const card of shown.querySelectorAll("[data-job]")) this.cards.refresh(card)
    }
    this.changed()
    const { made } = runs[0].dataset
    const detail = runs[0].querySelector("[data-detail]:not([hidden])")
    const text = made
      ? [made, detail?.textContent.trim()].filter(Boolean).join(", ")
      : this.data.queuedAgain
    if (this.strip.isConnected) return say(text)
    const cancel = {
      label: this.data.stopRun,
      run: () => this.cancel(...runs.map(({ dataset }) => dataset.run)),
    }
    toast(text, { key: "made", action: action ?? cancel })
  }

  async #ended(card) {
    const { run, source } = card.closest("[data-run]").dataset
    if (card.dataset.image) await this.show({ id: run, source })
    this.ended(card)
    this.changed()
  }

  /** Keep the cards of a page that has no others up to date. */
  connect() {
    if (!this.isLive) connect(this.cards, this.data)
    this.isLive = true
  }

  /** Return these runs and the cards of the page as one, for the connection. */
  with(cards) {
    const both = [cards, this.cards]
    return {
      get active() {
        return new Set(both.flatMap(({ active }) => [...active]))
      },
      apply: (jobs, how) => {
        for (const one of both) one.apply(jobs, how)
      },
    }
  }

  /** Cancel what is not finished of runs. */
  async cancel(...ids) {
    for (const id of ids) await this.#cancel(id)
  }

  async #cancel(id, accepted = {}) {
    const form = new URLSearchParams(accepted)
    try {
      showBalance(await part(`${this.data.runs}${id}/cancel/`, { method: "POST", form }))
    } catch (problem) {
      showFailure(problem, this.data, { accept: (more) => this.#cancel(id, more) })
    }
  }

  /** Show the runs made from this image, or with it. */
  showOf(imageId) {
    for (const run of this.strip.children) {
      const own = run.querySelector(`[data-image="${imageId}"]`)
      run.hidden = run.dataset.source !== imageId && !own
      run.querySelector("[aria-current]")?.removeAttribute("aria-current")
      own?.setAttribute("aria-current", "true")
    }
  }

  /** Return these tiles with those of joined runs after their source, the newest run first. */
  inOrder(tiles) {
    let ordered = tiles
    for (const { dataset } of [...this.strip.children].reverse()) {
      const isOfRun = (tile) => runOf(tile) === dataset.run
      const own = ordered.filter(isOfRun)
      const rest = ordered.filter((tile) => !isOfRun(tile))
      const at = rest.findIndex((tile) => tile.dataset.image === dataset.source)
      if (own.length && at >= 0) ordered = rest.toSpliced(at + 1, 0, ...own)
    }
    return ordered
  }
}

function newStrip() {
  const strip = document.createElement("div")
  strip.className = "made"
  return strip
}

/** Return the run that a tile belongs to. */
function runOf(tile) {
  return tile.dataset.joined ?? tile.closest("[data-run]")?.dataset.run
}
