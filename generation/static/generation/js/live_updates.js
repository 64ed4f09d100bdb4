/**
 * The connection to the server: a socket, and polling while there is none.
 *
 * The socket sends a snapshot of all active jobs on connect and then each change. Pauses between
 * reconnects grow and have jitter, so that clients do not reconnect to a restarted server all at
 * once.
 */

import { api } from "../../artgen/js/http.js"

const PAUSE_FIRST = 500,
  MAX_PAUSE = 20_000 // ms
// ms: after one of the codes RECONNECT, reconnect within this time, at random
const RECONNECT_WITHIN = 1_000
const PING_EVERY = 15_000,
  PONG_WITHIN = 5_000
const POLL_EVERY = 4_000,
  POLL_AFTER = 1_200 // polling starts when the socket has been down this long
const POLL_SECONDS = 6 // timeout of a poll, which then counts as no connection
const HIDDEN_SLOWER = 5 // times, while the page is hidden
const SIGNED_OUT = 4401,
  TOO_MANY = 4429, // of this user's sockets: poll, and try again when some may have closed
  RECONNECT = [1012, 4012] // the server stops; the account has changed
const TOO_MANY_PAUSE = 60_000 // ms

export class Live {
  /**
   * `onJobs(jobs, {complete, missed, addresses, preview})`: complete: these are all active jobs;
   * missed: some may have been created and ended meanwhile; addresses: of the images of a single
   * job that has just ended; preview: the image so far, as a data: address. `onState("live" | "polling" | "offline" | "away" | "signed out")`:
   * offline means no network, away no server.
   */
  constructor({ socket, jobs, onJobs, onState }) {
    Object.assign(this, { socketAddress: socket, jobsAddress: jobs, onJobs, onState })
    this.tries = 0
    this.wasLive = false
    this.timers = {}
    window.addEventListener("online", () => this.connect())
    window.addEventListener("offline", () => this.#down())
    document.addEventListener("visibilitychange", () => {
      if (document.hidden || this.isOpen) return
      this.stopped = false // the user may have signed in again in another tab
      this.connect()
    })
    window.addEventListener("pagehide", () => this.#close())
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.connect()
    })
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN
  }

  connect() {
    if (this.stopped || this.isOpen || this.socket?.readyState === WebSocket.CONNECTING) return
    clearTimeout(this.timers.connect)
    const address = new URL(this.socketAddress, location.href)
    address.protocol = address.protocol.replace("http", "ws")
    if (document.body.dataset.user) address.searchParams.set("user", document.body.dataset.user)
    const socket = new WebSocket(address)
    this.socket = socket
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data))
    socket.onclose = ({ code }) => {
      if (this.socket === socket) this.#closed(code)
    }
  }

  /** Request all active jobs again: wait times and queue positions change without events. */
  refresh() {
    if (this.isOpen) this.socket.send('{"type":"snapshot"}')
  }

  #received(message) {
    clearTimeout(this.timers.pong)
    if (message.type === "snapshot") {
      const missed = this.wasLive && this.timers.ping === undefined
      this.tries = 0
      clearTimeout(this.timers.poll)
      this.#keepAlive()
      this.wasLive = true
      this.onState("live")
      this.onJobs(message.jobs, { complete: true })
      if (missed)
        this.ask()
          .then((jobs) => this.onJobs(jobs, { missed: true }))
          .catch(() => {})
    } else if (message.type === "job") {
      this.onJobs([message.job], { addresses: message.addresses, preview: message.preview })
    }
  }

  #keepAlive() {
    clearInterval(this.timers.ping)
    this.timers.ping = setInterval(() => {
      if (!this.isOpen) return
      this.socket.send('{"type":"ping"}')
      clearTimeout(this.timers.pong)
      this.timers.pong = setTimeout(() => this.#down(), PONG_WITHIN)
    }, PING_EVERY)
  }

  #closed(code) {
    clearInterval(this.timers.ping)
    this.timers.ping = undefined
    clearTimeout(this.timers.pong)
    if (code === SIGNED_OUT) {
      this.#signedOut()
      return
    }
    const atOnce = RECONNECT.includes(code)
    if (atOnce) this.tries = 0
    const longest =
      code === TOO_MANY ? TOO_MANY_PAUSE : Math.min(MAX_PAUSE, PAUSE_FIRST * 2 ** this.tries++)
    const growing = longest * (0.5 + Math.random() / 2)
    clearTimeout(this.timers.connect)
    this.timers.connect = setTimeout(
      () => this.connect(),
      atOnce ? RECONNECT_WITHIN * Math.random() : growing,
    )
    if (!navigator.onLine) this.onState("offline")
    if (!this.timers.poll && !this.polling) this.#pollIn(POLL_AFTER)
  }

  #pollIn(pause) {
    clearTimeout(this.timers.poll)
    this.timers.poll = setTimeout(() => this.#poll(), pause)
  }

  async #poll() {
    this.timers.poll = undefined
    if (this.isOpen || this.stopped) return
    this.polling = true
    try {
      const jobs = await this.ask()
      if (this.isOpen) return
      this.onState("polling")
      this.onJobs(jobs, { missed: true })
    } catch (problem) {
      if (problem.signedOut || problem.status === 403) {
        this.#signedOut()
        return
      }
      if (this.isOpen) return
      this.onState(problem.status ? "away" : "offline")
    } finally {
      this.polling = false
    }
    this.#pollIn(POLL_EVERY * (document.hidden ? HIDDEN_SLOWER : 1) * (0.75 + Math.random() / 2))
  }

  #signedOut() {
    this.stopped = true
    this.onState("signed out")
  }

  /** Return the newest jobs from the API. */
  async ask(query = "limit=100") {
    return (await api(`${this.jobsAddress}?${query}`, { seconds: POLL_SECONDS })).results
  }

  #down() {
    this.#close()
    this.#closed(0)
  }

  #close() {
    const socket = this.socket
    this.socket = null
    socket?.close()
  }
}
