/**
 * The cards of the feed. While a job is active, its card is updated from the job's JSON: status,
 * texts, progress, and its images when they are ready. If it ends otherwise, or if the event was
 * missed, the card is fetched from the server. Older versions of a job are dropped.
 */

import { part } from "../../artgen/js/http.js"
import { showBalance, showCharged } from "./balance.js"
import { openDay, runsOf, today } from "./days.js"
import { EndedJobs } from "./ended_jobs.js"
import { JobActions } from "./job_actions.js"
import { addControls } from "./image_controls.js"
import {
  ACTIVE,
  cardsOfEnded,
  countDown,
  glow,
  isActive,
  showCancelOfRun,
  updateCard,
} from "./job_card.js"
import { SheetRuns } from "./sheet_runs.js"
import { fadeIn } from "./fade_in.js"
import { addActs } from "./image_acts.js"

const COLLAPSE_DURATION = 200 // ms

export class Cards {
  /**
   * `data` has the addresses and texts of #page-data; `root` contains the cards; `runs` is the list
   * for new runs, or null. `onChange(count)` gets the number of active jobs, `onEnded(card)` each
   * ended one.
   */
  constructor({ root, data, runs = null, onChange = () => {}, onEnded = () => {} }) {
    Object.assign(this, { root, data, runs, onChange, onEnded })
    this.wantedVersions = new Map() // job id → version that the card needs, while it is fetched
    this.loadingRuns = new Set() // run ids being fetched
    this.missingRuns = new Set() // run ids whose jobs were all dismissed
    this.placeholder = null // placeholder of a run that is being created
    this.earlyJobs = new Map() // job id → what was reported meanwhile, perhaps of that run
    this.active = new Set(
      [...root.querySelectorAll("[data-job]")].filter(isActive).map((card) => card.dataset.job),
    )
    this.ended = new EndedJobs()
    this.newest = this.#newest() // ids grow with time: a higher unknown id was missed
    this.sheets = new SheetRuns({ root, load: (id) => this.#loadRun(id), onEnded })
    new JobActions({ root, data, cards: this })
    this.enhance(root)
    setInterval(() => {
      for (const panel of root.querySelectorAll("[data-status-panel]"))
        countDown(panel.closest("[data-job]"))
    }, 1000)
  }

  /** Prepare new cards below `element`: placeholders, glow, buttons that need script. */
  enhance(element) {
    addControls(element)
    fadeIn(element)
    addActs(element)
    for (const hidden of element.querySelectorAll("[data-favorite][hidden], [data-copy][hidden]")) {
      hidden.hidden = "copy" in hidden.dataset && !navigator.clipboard
    }
    for (const hidden of element.querySelectorAll("[data-select-run]")) hidden.hidden = false
    if (this.data.ownImages)
      for (const hidden of element.querySelectorAll("[data-source-of]")) hidden.hidden = false
    for (const bar of element.querySelectorAll("[data-progress]")) glow(bar)
  }

  /**
   * Show jobs from the server. `complete`: they are all active jobs, so other active cards have
   * ended; `missed`: also show new jobs that have ended already; `addresses`: of the images of a
   * single job.
   */
  apply(jobs, { complete = false, missed = false, addresses, preview } = {}) {
    for (const job of jobs) this.#applyOne(job, { missed, addresses, preview })
    if (!complete) return
    const listed = new Set(jobs.map((job) => job.id))
    this.active = new Set(listed)
    for (const card of this.root.querySelectorAll("[data-job]")) {
      if (isActive(card) && !listed.has(card.dataset.job)) this.refresh(card)
    }
    this.sheets.changedAll()
    this.onChange(this.active.size)
  }

  #applyOne(job, { missed, addresses, preview }) {
    if (ACTIVE.has(job.status)) this.active.add(job.id)
    else this.active.delete(job.id)
    const card = this.#card(job.id)
    if (!card && this.sheets.has(job.batch ?? "")) {
      this.sheets.changed(job.batch)
    } else if (!card && this.placeholder) {
      this.earlyJobs.set(job.id, [job, { missed: true, addresses }])
    } else if (!card) {
      if (ACTIVE.has(job.status) || (missed && job.id > this.newest))
        this.#loadRun(job.batch ?? job.id)
    } else if (job.version >= Number(card.dataset.version)) {
      if (isActive(card) && ACTIVE.has(job.status)) updateCard(card, job, preview)
      else if (isActive(card) && addresses) {
        this.swap(cardsOfEnded(card, job, addresses).firstElementChild)
        showCharged(job)
      } else if (job.status !== card.dataset.status) this.#refresh(job.id, job.version)
    }
    this.onChange(this.active.size)
  }

  /** Fetch this card, whatever its version. */
  refresh(card) {
    return this.#refresh(card.dataset.job, Infinity)
  }

  /** Fetch the card until it has `version`; one request at a time for each card. */
  async #refresh(id, version) {
    const under = this.wantedVersions.has(id)
    this.wantedVersions.set(id, Math.max(version, this.wantedVersions.get(id) ?? 0))
    if (under) return
    try {
      for (let tries = 0; tries < 3; tries++) {
        const wanted = this.wantedVersions.get(id)
        const answer = await part(`${this.data.jobs}${id}/card/`)
        showBalance(answer)
        const fresh = answer.fragment.querySelector("[data-job]")
        this.swap(fresh)
        if (wanted === Infinity || Number(fresh.dataset.version) >= this.wantedVersions.get(id))
          break
      }
    } catch {
      // Offline: the snapshot after the next connection has it.
    } finally {
      this.wantedVersions.delete(id)
    }
  }

  /**
   * Replace the card of a job with a fresh one, which may be several, one for each image; keep the
   * focus in it and announce the change.
   */
  swap(fresh) {
    addControls(fresh.parentNode)
    const [old, ...further] = cardsOf(this.root, fresh.dataset.job)
    if (!old || Number(fresh.dataset.version) < Number(old.dataset.version)) return
    const hadFocus = [old, ...further].some((card) => card.contains(document.activeElement))
    const changed = old.dataset.status !== fresh.dataset.status
    const cards = cardsOf(fresh.parentNode, fresh.dataset.job)
    for (const card of further) card.remove()
    old.replaceWith(...cards)
    for (const card of cards) this.enhance(card)
    if (hadFocus) {
      const target =
        fresh.querySelector("a[href], button:not([hidden])") ?? fresh.querySelector("article")
      if (target.tagName === "ARTICLE") target.tabIndex = -1
      target.focus({ preventScroll: true })
    }
    if (changed && !isActive(fresh)) {
      this.onEnded(fresh)
      this.ended.add(fresh)
    }
    showCancelOfRun(fresh)
  }

  #newest() {
    return [...this.root.querySelectorAll("[data-job]")].reduce(
      (newest, card) => (card.dataset.job > newest ? card.dataset.job : newest),
      "",
    )
  }

  async #loadRun(id) {
    if (!this.runs || this.loadingRuns.has(id) || this.missingRuns.has(id)) return
    this.loadingRuns.add(id)
    try {
      const answer = await part(`${this.data.runs}${id}/`)
      showBalance(answer)
      this.insertRun(answer.fragment.querySelector("[data-run]"))
    } catch (problem) {
      // Else the next snapshot has it.
      if (problem.status === 404) this.missingRuns.add(id)
    } finally {
      this.loadingRuns.delete(id)
    }
  }

  /** Show a placeholder for the run that is being created. */
  showPlaceholder(frame) {
    this.placeholder = frame
    for (const empty of this.root.querySelectorAll("[data-empty]")) empty.hidden = true
    frame.classList.add("run-new")
    openDay(this.root, today(this.data.zone))
    this.runs.prepend(frame)
  }

  /** Replace the placeholder with the created run, or remove it if none was created (null). */
  replacePlaceholder(run) {
    if (!this.placeholder) return
    if (run) {
      const hadFocus = this.placeholder.contains(document.activeElement)
      this.placeholder.replaceWith(run)
      this.insertRun(run)
      if (hadFocus) {
        run.tabIndex = -1
        run.focus({ preventScroll: true })
      }
    } else {
      collapse(this.placeholder)
      for (const empty of this.root.querySelectorAll("[data-empty]")) empty.hidden = false
    }
    this.placeholder = null
    const earlyJobs = [...this.earlyJobs.values()]
    this.earlyJobs.clear()
    for (const [job, how] of earlyJobs) this.#applyOne(job, how)
  }

  /** Insert a run `above` another one, or by its time, newest first; ids grow with time. */
  insertRun(run, { above = null } = {}) {
    if (!run || !(this.runs || above)) return
    this.root.querySelector("[data-empty]")?.remove()
    const known = this.root.querySelector(`[data-run="${run.dataset.run}"]`)
    if (known) {
      if (known !== run) known.replaceWith(run)
      if ("sheet" in run.dataset) this.sheets.replaced(known, run)
    } else if (above) {
      if (above.dataset.source) run.dataset.source = above.dataset.source
      above.before(run)
    } else {
      openDay(this.root, run.dataset.day)
      const runs = runsOf(this.root, run.dataset.day)
      const older = [...runs.children].find((other) => other.dataset.run < run.dataset.run)
      run.classList.add("run-new")
      runs.insertBefore(run, older ?? null)
    }
    for (const card of run.querySelectorAll("[data-job]"))
      if (isActive(card)) this.active.add(card.dataset.job)
    this.newest = this.#newest()
    this.enhance(run)
    this.onChange(this.active.size)
  }

  #card(id) {
    return cardsOf(this.root, id)[0]
  }
}

/** Return the cards of a job: one, or one for each of its images. */
function cardsOf(root, id) {
  return [...root.querySelectorAll(`[data-job="${CSS.escape(id)}"]`)]
}

/** Collapse the placeholder smoothly, so that the feed does not jump. */
function collapse(frame) {
  const { height } = frame.getBoundingClientRect()
  const gap = Number.parseFloat(getComputedStyle(frame.parentElement).rowGap) || 0
  const folds = frame.offsetParent && !matchMedia("(prefers-reduced-motion: reduce)").matches
  if (!folds) return frame.remove()
  frame.inert = true
  const whole = {
    height: `${height}px`,
    minHeight: 0,
    marginBottom: 0,
    opacity: 1,
    overflow: "clip",
  }
  const folded = { ...whole, height: 0, marginBottom: `${-gap}px`, opacity: 0 }
  frame
    .animate([whole, folded], { duration: COLLAPSE_DURATION, easing: "ease", fill: "forwards" })
    .finished.then(
      () => frame.remove(),
      () => frame.remove(),
    )
}
