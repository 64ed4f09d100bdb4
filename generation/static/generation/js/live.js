/**
 * The line to the server: a socket, and polling while there is none.
 *
 * The socket sends a snapshot of all active jobs on connect and then each change. Reconnects come with growing pauses and
 * jitter, so that a restarted server is not met by everybody at once.
 */

import { api } from "../../artgen/js/http.js"

const PAUSE_FIRST = 800, PAUSE_MOST = 30_000 // ms
const PING_EVERY = 25_000, PONG_WITHIN = 10_000
const POLL_EVERY = 4_000, POLL_AFTER = 1_500 // polling begins when the socket has been down that long
const SIGNED_OUT = 4401

export class Live {
  /** `onJobs(jobs, {complete})`: complete means these are all active jobs; `onState("live" | "polling" | "offline" | "signed out")`. */
  constructor({ socket, jobs, onJobs, onState }) {
    Object.assign(this, { socketAddress: socket, jobsAddress: jobs, onJobs, onState })
    this.tries = 0
    this.timers = {}
    window.addEventListener("online", () => this.connect())
    window.addEventListener("offline", () => this.#down())
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !this.isOpen) this.connect() })
    window.addEventListener("pagehide", () => this.#close())
    window.addEventListener("pageshow", (event) => { if (event.persisted) this.connect() })
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN
  }

  connect() {
    if (this.stopped || this.isOpen || this.socket?.readyState === WebSocket.CONNECTING) return
    clearTimeout(this.timers.connect)
    const address = new URL(this.socketAddress, location.href)
    address.protocol = address.protocol.replace("http", "ws")
    const socket = new WebSocket(address)
    this.socket = socket
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data))
    socket.onclose = ({ code }) => { if (this.socket === socket) this.#closed(code) }
  }

  #received(message) {
    clearTimeout(this.timers.pong)
    if (message.type === "snapshot") {
      this.tries = 0
      clearTimeout(this.timers.poll)
      clearTimeout(this.timers.pollLater)
      this.#keepAlive()
      this.onState("live")
      this.onJobs(message.jobs, { complete: true })
    } else if (message.type === "job") {
      this.onJobs([message.job], { complete: false })
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
    clearTimeout(this.timers.pong)
    if (code === SIGNED_OUT) {
      this.stopped = true
      this.onState("signed out")
      return
    }
    const pause = Math.min(PAUSE_MOST, PAUSE_FIRST * 2 ** this.tries++) * (0.5 + Math.random() / 2)
    clearTimeout(this.timers.connect)
    this.timers.connect = setTimeout(() => this.connect(), pause)
    if (!this.timers.poll) this.#pollLater(POLL_AFTER)
  }

  #pollLater(pause) {
    clearTimeout(this.timers.pollLater)
    this.timers.pollLater = setTimeout(() => this.#poll(), pause)
  }

  async #poll() {
    if (this.isOpen || this.stopped) return
    try {
      const jobs = await this.ask()
      if (this.isOpen) return
      this.onState("polling")
      this.onJobs(jobs, { complete: false })
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) {
        this.stopped = true
        this.onState("signed out")
        return
      }
      this.onState("offline")
    }
    this.#pollLater(POLL_EVERY * (0.75 + Math.random() / 2))
  }

  /** Return the newest jobs from the API. */
  async ask(query = "limit=100") {
    return (await api(`${this.jobsAddress}?${query}`)).results
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
