/**
 * Runs made from images of a list: they stand after their image in the lightbox, and a line there
 * says how far they are.
 */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { plural } from "../../artgen/js/words.js"
import { showBalance } from "./balance.js"
import { detailAfter, secondsSince } from "./countdown.js"
import { showFailure } from "./failures.js"
import { ACTIVE } from "./job_card.js"

export class JoinedRuns {
  /**
   * `data` has addresses and texts of the page. `show(run)` puts the images of a finished run into
   * the page and resolves to whether they are there. `changed()` is called after each change and
   * returns whether the lightbox is open.
   */
  constructor({ data, show, changed }) {
    Object.assign(this, { data, show, changed })
    this.runs = new Map() // run id → {id, source, made, jobs}, the oldest first
    this.active = new Set() // ids of jobs
    setInterval(() => this.active.size && this.changed(), 1000) // the time that is left
  }

  /**
   * Follow runs that were placed at once, as the server has rendered them; `tile` has their source.
   * Where no lightbox is open, a message has a line about them and a button for `action`: to cancel
   * them.
   */
  add(runs, tile, action = null) {
    const joined = runs.map((run) => this.#follow(run, tile))
    const { text } = this.lineOf(tile.dataset.image)
    const cancel = {
      label: this.data.stopRun,
      run: () => this.cancel(...joined.map(({ id }) => id)),
    }
    if (this.changed()) say(text)
    else toast(text, { key: "made", action: action ?? cancel })
    for (const one of joined) this.#ended(one)
  }

  #follow(run, tile) {
    const jobs = new Map()
    for (const card of run.querySelectorAll("[data-job]")) {
      const text = (name) => card.querySelector(`[data-${name}]`)?.textContent.trim() ?? ""
      const { job: id, status = "succeeded" } = card.dataset // of cards with an image
      jobs.set(id, { status, phase: text("phase"), phase_detail: text("detail") })
      if (ACTIVE.has(status)) this.active.add(id)
    }
    const { run: id, made } = run.dataset
    const joined = { id, source: tile.dataset.image, made, jobs }
    this.runs.set(id, joined)
    return joined
  }

  /** Take the state of jobs, as `Live` reports it. */
  apply(jobs, { complete = false } = {}) {
    const listed = new Set(jobs.map((job) => job.id))
    for (const job of jobs) this.#takeJob(job)
    // A snapshot has all active jobs: others have ended unseen.
    const missed = complete ? [...this.active].filter((id) => !listed.has(id)) : []
    for (const id of missed) this.#ask(id)
  }

  #takeJob(job) {
    const { id, status } = job
    if (!this.active.has(id)) return
    const run = this.#runOf(id)
    run.jobs.set(id, { ...job, at: performance.now() })
    this.changed()
    if (ACTIVE.has(status)) return
    this.active.delete(id)
    this.#ended(run)
  }

  async #ask(id) {
    try {
      const answer = await part(`${this.data.jobs}${id}/card/`)
      const card = answer.fragment.querySelector("[data-job]")
      if (card)
        this.#takeJob({
          id,
          status: card.dataset.status ?? "succeeded",
          phase: card.querySelector("[data-phase]")?.textContent ?? "",
        })
    } catch {
      // Offline: the next snapshot asks again.
    }
  }

  async #ended(run) {
    if ([...run.jobs.keys()].some((job) => this.active.has(job))) return
    run.isShown = await this.show(run)
    this.changed()
    say(this.#textOf(run))
  }

  /** Return these runs and the cards of the page as one, for the connection. */
  with(cards) {
    const both = [cards, this]
    return {
      get active() {
        return new Set(both.flatMap(({ active }) => [...active]))
      },
      apply: (jobs, how) => {
        for (const one of both) one.apply(jobs, how)
      },
    }
  }

  #runOf(jobId) {
    return [...this.runs.values()].find(({ jobs }) => jobs.has(jobId))
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

  /** Return these tiles with those of joined runs after their source, the newest run first. */
  inOrder(tiles) {
    let ordered = tiles
    for (const { id, source } of this.runs.values()) {
      const isOfRun = (tile) => runOf(tile) === id
      const own = ordered.filter(isOfRun)
      const rest = ordered.filter((tile) => !isOfRun(tile))
      const at = rest.findIndex((tile) => tile.dataset.image === source)
      if (own.length && at >= 0) ordered = rest.toSpliced(at + 1, 0, ...own)
    }
    return ordered
  }

  /** Return what the line below an image says of the newest run made from it, null for nothing. */
  lineOf(imageId) {
    const run = [...this.runs.values()].findLast(({ source }) => source === imageId)
    if (!run) return null
    const isActive = [...run.jobs.values()].some(({ status }) => ACTIVE.has(status))
    return { run, text: this.#textOf(run), isActive, isReady: run.isShown && !isActive }
  }

  #textOf(run) {
    const jobs = [...run.jobs.values()]
    const last = jobs.findLast(({ status }) => ACTIVE.has(status))
    const ready = jobs.filter(({ status }) => status === "succeeded").length
    if (!last && ready) return plural("ready", ready)
    const job = last ?? jobs.at(-1)
    const detail = detailAfter(job, job.at ? secondsSince(job.at) : 0)
    return [run.made, detail || job.phase].filter(Boolean).join(", ")
  }
}

/** Return the run that a tile belongs to. */
function runOf(tile) {
  return tile.dataset.joined ?? tile.closest("[data-run]")?.dataset.run
}
