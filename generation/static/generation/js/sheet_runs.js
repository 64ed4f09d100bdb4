/**
 * Comparisons in the feed. Their cells have no cards: when a job of one changes, the whole card of
 * the comparison is fetched again, at most once in INTERVAL.
 */

import { say } from "../../artgen/js/status.js"

const INTERVAL = 1_500 // ms

export class SheetRuns {
  /** `load(id)` fetches a run and shows it; `onEnded(run)` is called for each image that is ready. */
  constructor({ root, load, onEnded }) {
    Object.assign(this, { root, load, onEnded })
    this.waiting = new Map() // run id → timer
  }

  /** Return whether this run is a comparison that is shown. */
  has(id) {
    return this.#find(id) !== null
  }

  /** Fetch the comparison soon. */
  changed(id) {
    if (this.waiting.has(id)) return
    const timer = setTimeout(async () => {
      await this.load(id)
      this.waiting.delete(id)
    }, INTERVAL)
    this.waiting.set(id, timer)
  }

  /** Fetch those that are shown as unfinished: what changed meanwhile was missed. */
  changedAll() {
    for (const run of this.root.querySelectorAll("[data-sheet][data-running]"))
      this.changed(run.dataset.run)
  }

  /** Tell what is new in a run that replaces another one. */
  replaced(old, run) {
    const ready = Number(run.dataset.done) - Number(old.dataset.done)
    for (let n = 0; n < ready; n++) this.onEnded(run)
    if ("running" in old.dataset && !("running" in run.dataset)) say(`${run.dataset.text}.`)
  }

  #find(id) {
    return this.root.querySelector(`[data-sheet][data-run="${CSS.escape(id)}"]`)
  }
}
