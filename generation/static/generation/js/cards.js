/**
 * The cards of the feed. While a job is active its card is drawn from the job's JSON: status, words, progress. Only its end
 * brings the card from the server, whose template draws pictures and what can be done now. Older versions of a job are dropped.
 */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { toast } from "../../artgen/js/toasts.js"
import { plural } from "../../artgen/js/words.js"
import { showBalance } from "./balance.js"
import { openDay, runsOf, today } from "./days.js"
import { tellSignedOut } from "./signed_out.js"
import { paintPlaceholders } from "./thumbhash.js"

const FOLD = 200 // ms
const TELL_AFTER = 900 // ms: what ends together is told together
const ACTIVE = new Set(["queued", "submitted", "running", "storing"])
// What the server's template draws of an active job: jinja2/generation/card.html.
const ICONS = { queued: "hourglass", submitted: "power", running: "palette", storing: "check" }
const WITH_PROGRESS = new Set(["submitted", "running", "storing"])
const CANCELABLE = new Set(["queued", "submitted", "running"])
const DRAWING_FROM = 28,
  DRAWING_MORE = 22 // the glow of a plate while drawing

export class Cards {
  /**
   * `data` are the addresses and texts of #page-data; `root` holds the cards; `runs` is where new runs go (or null).
   * `onChange(count)` hears how many jobs are active, `onEnded(card)` of each that ends.
   */
  constructor({ root, data, runs = null, onChange = () => {}, onEnded = () => {} }) {
    Object.assign(this, { root, data, runs, onChange, onEnded })
    this.wanted = new Map() // job id → version that a card must reach; while it is fetched
    this.arriving = new Set() // run ids being fetched
    this.frame = null // stands where a run is being placed
    this.early = new Map() // job id → job that was told of meanwhile: perhaps one of that run
    this.active = new Set(
      [...root.querySelectorAll("[data-job]")].filter(isActive).map((card) => card.dataset.job),
    )
    this.ended = { ready: 0, failed: new Map() } // what has not been told to screen readers yet
    this.newest = this.#newest() // ids grow with time: an unknown job above it came while nobody listened
    root.addEventListener("submit", (event) => this.#submitted(event))
    this.dress(root)
  }

  /** Do what only script can do for new cards below `element`: blur, glow, buttons that need script. */
  dress(element) {
    paintPlaceholders(element)
    for (const hidden of element.querySelectorAll("[data-favorite][hidden], [data-copy][hidden]")) {
      hidden.hidden = "copy" in hidden.dataset && !navigator.clipboard
    }
    if (this.data.ownPictures)
      for (const hidden of element.querySelectorAll("[data-source-of]")) hidden.hidden = false
    for (const bar of element.querySelectorAll("[data-progress]")) glow(bar)
  }

  /**
   * Take jobs as the server tells them. `complete`: an active card that is not among them has ended meanwhile; `missed`: new
   * ones that have ended already are shown too.
   */
  apply(jobs, { complete = false, missed = false } = {}) {
    for (const job of jobs) this.#applyOne(job, missed)
    if (!complete) return
    const told = new Set(jobs.map((job) => job.id))
    this.active = new Set(told)
    for (const card of this.root.querySelectorAll("[data-job]")) {
      if (isActive(card) && !told.has(card.dataset.job)) this.#refresh(card.dataset.job, Infinity)
    }
    this.onChange(this.active.size)
  }

  #applyOne(job, missed) {
    if (ACTIVE.has(job.status)) this.active.add(job.id)
    else this.active.delete(job.id)
    const card = this.#card(job.id)
    if (!card && this.frame) {
      this.early.set(job.id, job)
    } else if (!card) {
      if (ACTIVE.has(job.status) || (missed && job.id > this.newest))
        this.#bringRun(job.batch ?? job.id)
    } else if (job.version >= Number(card.dataset.version)) {
      if (canDraw(card, job)) this.#draw(card, job)
      else this.#refresh(job.id, job.version)
    }
    this.onChange(this.active.size)
  }

  /** Draw what the job's JSON tells of an active job, or of one that has stayed as it was. */
  #draw(card, job) {
    if (job.status !== card.dataset.status) this.#advance(card, job)
    card.dataset.version = job.version
    setText(card.querySelector("[data-phase]"), job.phase)
    const detail = card.querySelector("[data-detail]")
    if (detail) {
      setText(detail, job.phase_detail ?? "")
      detail.hidden = !job.phase_detail
    }
    card.querySelector("article")?.setAttribute("aria-label", `${short(job.prompt)}, ${job.phase}`)
    const bar = card.querySelector("[data-progress]")
    if (!bar) return
    bar.setAttribute("aria-label", job.phase)
    if (job.status === "storing") bar.value = 1
    else if (job.status === "running" && job.progress !== null) bar.value = job.progress
    glow(bar)
  }

  /** Bring the plate of an active job to another status. */
  #advance(card, job) {
    const plate = card.querySelector("[data-plate]")
    plate.classList.replace(`plate-${card.dataset.status}`, `plate-${job.status}`)
    plate.style.removeProperty("--alive")
    card.dataset.status = job.status
    const use = plate.querySelector("[data-icon] use")
    use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#${ICONS[job.status]}`))
    const cancel = plate.querySelector("[data-cancel]")
    if (cancel && !CANCELABLE.has(job.status)) {
      if (cancel.contains(document.activeElement)) {
        const article = card.querySelector("article")
        article.tabIndex = -1
        article.focus({ preventScroll: true })
      }
      cancel.remove()
    }
    plate.querySelector("[data-progress]")?.remove()
    if (WITH_PROGRESS.has(job.status)) {
      const bar = document.createElement("progress")
      bar.className = "progress"
      bar.max = 1
      bar.dataset.progress = ""
      plate.querySelector("[data-detail]").after(bar)
    }
    showCancelOfRun(card)
  }

  /** Fetch the card until it has reached `version`; one request at a time for each card. */
  async #refresh(id, version) {
    const under = this.wanted.has(id)
    this.wanted.set(id, Math.max(version, this.wanted.get(id) ?? 0))
    if (under) return
    try {
      for (let tries = 0; tries < 3; tries++) {
        const wanted = this.wanted.get(id)
        const answer = await part(`${this.data.jobs}${id}/card/`)
        if (!answer.ok) break
        showBalance(answer)
        const fresh = answer.fragment.querySelector("[data-job]")
        this.swap(fresh)
        if (wanted === Infinity || Number(fresh.dataset.version) >= this.wanted.get(id)) break
      }
    } catch {
      // Offline: the snapshot after the next connect brings it.
    } finally {
      this.wanted.delete(id)
    }
  }

  /** Put a fresh card in the place of the old one; focus stays in the card; the change is told to screen readers. */
  swap(fresh) {
    const old = this.#card(fresh.dataset.job)
    if (!old || Number(fresh.dataset.version) < Number(old.dataset.version)) return
    const hadFocus = old.contains(document.activeElement)
    const changed = old.dataset.status !== fresh.dataset.status
    old.replaceWith(fresh)
    this.dress(fresh)
    if (hadFocus) {
      const target =
        fresh.querySelector("a[href], button:not([hidden])") ?? fresh.querySelector("article")
      if (target.tagName === "ARTICLE") target.tabIndex = -1
      target.focus({ preventScroll: true })
    }
    if (changed) this.#tell(fresh)
    showCancelOfRun(fresh)
  }

  /** Tell screen readers what has ended: bursts are merged, and what failed for one reason is said once. */
  #tell(card) {
    if (isActive(card)) return
    this.onEnded(card)
    if (card.dataset.status === "succeeded") {
      this.ended.ready += 1
    } else {
      const lines = [...card.querySelectorAll("[data-phase], [data-detail]:not([hidden])")].map(
        (line) => line.textContent,
      )
      const told = lines.map((line) => line.trim().replace(/\.$/, "")).join(". ")
      this.ended.failed.set(told, (this.ended.failed.get(told) ?? 0) + 1)
    }
    clearTimeout(this.tellTimer)
    this.tellTimer = setTimeout(() => {
      const { ready, failed } = this.ended
      this.ended = { ready: 0, failed: new Map() }
      if (ready) say(`${plural("ready", ready)}.`)
      for (const [told, count] of failed) say(count > 1 ? `${count} × ${told}.` : `${told}.`)
    }, TELL_AFTER)
  }

  #newest() {
    return [...this.root.querySelectorAll("[data-job]")].reduce(
      (newest, card) => (card.dataset.job > newest ? card.dataset.job : newest),
      "",
    )
  }

  async #bringRun(id) {
    if (!this.runs || this.arriving.has(id)) return
    this.arriving.add(id)
    try {
      const answer = await part(`${this.data.runs}${id}/`)
      if (answer.ok) {
        showBalance(answer)
        this.insertRun(answer.fragment.querySelector("[data-run]"))
      }
    } catch {
      // Offline: comes with the next snapshot.
    } finally {
      this.arriving.delete(id)
    }
  }

  /** Put a frame where the run that is being placed will stand. */
  hold(frame) {
    this.frame = frame
    for (const empty of this.root.querySelectorAll("[data-empty]")) empty.hidden = true
    frame.classList.add("run-new")
    openDay(this.root, today(this.data.zone))
    this.runs.prepend(frame)
  }

  /** Put the placed run into its frame, or take the frame away where none was placed (null). */
  release(run) {
    if (!this.frame) return
    if (run) {
      const hadFocus = this.frame.contains(document.activeElement)
      this.frame.replaceWith(run)
      this.insertRun(run)
      if (hadFocus) {
        run.tabIndex = -1
        run.focus({ preventScroll: true })
      }
    } else {
      leave(this.frame)
      for (const empty of this.root.querySelectorAll("[data-empty]")) empty.hidden = false
    }
    this.frame = null
    const early = [...this.early.values()]
    this.early.clear()
    for (const job of early) this.#applyOne(job, true)
  }

  /** Put a run where its time belongs (ids grow with time), newest first. */
  insertRun(run) {
    if (!run || !this.runs) return
    this.root.querySelector("[data-empty]")?.remove()
    const known = this.root.querySelector(`[data-run="${run.dataset.run}"]`)
    if (known) {
      if (known !== run) known.replaceWith(run)
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
    this.dress(run)
    this.onChange(this.active.size)
  }

  async #submitted(event) {
    const form = event.target
    const kind = ["cancel", "retry", "cancelRun"].find((name) => name in form.dataset)
    if (!kind) return
    event.preventDefault()
    const button = event.submitter ?? form.querySelector("button")
    if (button.getAttribute("aria-disabled") === "true") return
    button.setAttribute("aria-disabled", "true")
    form.closest("[popover]")?.hidePopover()
    try {
      const answer = await part(form.action, { method: "POST", form: new FormData(form) })
      showBalance(answer)
      if (kind === "cancel") {
        this.swap(answer.fragment.querySelector("[data-job]"))
        if (answer.status === 409) toast(this.data.finished)
      } else if (kind === "cancelRun") {
        const run = answer.fragment.querySelector("[data-run]")
        for (const card of [...run.querySelectorAll("[data-job]")]) this.swap(card)
      } else if (answer.ok) {
        this.#queuedAgain(form, answer.fragment.querySelector("[data-run]"))
      } else {
        toast(answer.text || this.data.failed, { kind: "error" })
      }
    } catch (problem) {
      if (problem.signedOut) tellSignedOut(this.data, problem)
      else
        toast(problem.status === 0 && this.data.notDone ? this.data.notDone : this.data.failed, {
          kind: "error",
          key: "failed",
        })
    } finally {
      button.removeAttribute("aria-disabled")
    }
  }

  /** Show the new run; the card that was asked from keeps the focus, and the way to the new one is one press. */
  #queuedAgain(form, run) {
    const asked = form.closest("article")
    this.insertRun(run)
    const hadFocus = form.contains(document.activeElement)
    form.remove()
    if (hadFocus) {
      asked.tabIndex = -1
      asked.focus({ preventScroll: true })
    }
    const shown = run?.isConnected && run.getBoundingClientRect()
    const away = shown && (shown.bottom < 0 || shown.top > innerHeight)
    const show = () => {
      run.scrollIntoView({ block: "start" })
      run.querySelector("a[href], button:not([hidden])")?.focus({ preventScroll: true })
    }
    toast(this.data.queuedAgain, {
      key: "queued-again",
      action: away ? { label: this.data.show, run: show } : null,
    })
  }

  #card(id) {
    return this.root.querySelector(`[data-job="${CSS.escape(id)}"]`)
  }
}

/** Fold up what stands for nothing: had the answer taken long, the feed would jump up under the eyes. */
function leave(frame) {
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
    .animate([whole, folded], { duration: FOLD, easing: "ease", fill: "forwards" })
    .finished.then(
      () => frame.remove(),
      () => frame.remove(),
    )
}

/** Tell whether the card can be brought to what the JSON tells without its HTML. */
function canDraw(card, job) {
  if (job.status === card.dataset.status) return true
  if (!isActive(card) || !ACTIVE.has(job.status)) return false
  // Tried once more from where it could not be canceled: the form to cancel it is the server's.
  return !CANCELABLE.has(job.status) || card.querySelector("[data-cancel]") !== null
}

/** Offer to cancel a run only while something of it can be. */
function showCancelOfRun(card) {
  const run = card.closest("[data-run]")
  const cancel = run?.querySelector("[data-cancel-run]")
  if (cancel) cancel.hidden = run.querySelector("[data-cancel]") === null
}

/** Return the prompt cut as the server's template cuts it for screen readers. */
function short(prompt) {
  const letters = [...prompt]
  return letters.length <= 120 ? prompt : `${letters.slice(0, 119).join("").trimEnd()}…`
}

function isActive(card) {
  return ACTIVE.has(card.dataset.status)
}

function glow(bar) {
  const plate = bar.closest("[data-plate]")
  if (plate?.classList.contains("plate-running")) {
    const share = bar.hasAttribute("value") ? bar.value : 0
    plate.style.setProperty("--alive", Math.round(DRAWING_FROM + DRAWING_MORE * share))
  }
}

function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text
}
