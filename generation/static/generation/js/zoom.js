/**
 * The full view of a picture: click or + opens it; wheel, pinch, double tap, buttons and + − 0 zoom; drag and arrows move.
 * Escape closes it and gives the focus back: it is a native dialog.
 */

const STEP = 1.5 // one press of + or −
const CLOSEST = 8 // times the size at which it fits
const NEAR = 6 // px: a pointer that moved less has clicked
const PACE = 96 // px that an arrow key moves
const DOUBLE = 320 // ms between the taps of a double tap

/** Let the picture in `frame` be opened in `viewer`; `mayUseKeys` says whether single keys act on the page itself. */
export function wireZoom(frame, viewer, mayUseKeys = () => true) {
  const opener = frame.querySelector(".frame-open")
  const source = frame.querySelector(".frame-picture")
  const room = viewer.querySelector(".viewer-room")
  const picture = viewer.querySelector(".viewer-picture")
  const level = viewer.querySelector("[data-zoom-level]")
  const pointers = new Map()
  let size = { width: 1, height: 1 },
    fit = 1,
    scale = 1,
    left = 0,
    top = 0
  let travelled = 0,
    tappedAt = 0,
    pinched = false

  opener.hidden = false
  opener.addEventListener("click", () => open())
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, dialog, [popover]")
    if (viewer.open || typing || !mayUseKeys() || event.ctrlKey || event.metaKey || event.altKey)
      return
    if (
      event.key === "+" ||
      event.key === "=" ||
      event.key.toLowerCase() === "z" ||
      event.key.toLowerCase() === "я"
    ) {
      event.preventDefault()
      open()
      if (event.key === "+" || event.key === "=") zoom(scale * STEP)
    }
  })
  if (location.hash === "#view") open()

  function open() {
    if (viewer.open) return
    picture.src = source.currentSrc || source.src
    if (picture.src !== source.src) bringWhole()
    picture.alt = source.alt
    size = {
      width: Number(source.getAttribute("width")),
      height: Number(source.getAttribute("height")),
    }
    picture.width = size.width
    picture.height = size.height
    viewer.showModal()
    room.focus({ preventScroll: true })
    settle()
  }

  /** Where the page shows a smaller copy: what is looked at closely is the picture itself, as soon as it is there. */
  async function bringWhole() {
    const whole = new Image()
    whole.src = source.src
    try {
      await whole.decode()
      picture.src = whole.src
    } catch {
      // The copy stays.
    }
  }

  viewer.addEventListener("close", () => {
    if (location.hash === "#view")
      history.replaceState(history.state, "", location.pathname + location.search)
    opener.focus({ preventScroll: true })
  })
  window.addEventListener("resize", () => {
    if (viewer.open) settle()
  })

  /** Begin anew: the whole picture, as large as the room allows. */
  function settle() {
    fit = Math.min(room.clientWidth / size.width, room.clientHeight / size.height)
    scale = fit
    glide(false)
    place(0, 0)
  }

  /** Zoom so that the point `at` of the room, its middle if not said, stays where it is. */
  function zoom(wanted, at = { x: room.clientWidth / 2, y: room.clientHeight / 2 }, smooth = true) {
    const next = Math.min(Math.max(wanted, fit), Math.max(fit * CLOSEST, 2))
    const share = next / scale
    glide(smooth)
    scale = next
    place(at.x - (at.x - left) * share, at.y - (at.y - top) * share)
  }

  function place(x, y) {
    left = within(x, size.width * scale, room.clientWidth)
    top = within(y, size.height * scale, room.clientHeight)
    picture.style.transform = `translate(${left}px, ${top}px) scale(${scale})`
    const closeUp = scale > fit * 1.001
    room.toggleAttribute("data-close-up", closeUp)
    level.textContent = `${Math.round(scale * 100)}\u00a0%`
    for (const name of ["out", "fit"])
      viewer.querySelector(`[data-zoom=${name}]`).setAttribute("aria-disabled", String(!closeUp))
  }

  function within(at, length, space) {
    return length <= space ? (space - length) / 2 : Math.min(0, Math.max(space - length, at))
  }

  function glide(on) {
    room.toggleAttribute("data-glides", on)
  }

  /** Between the whole picture and its own pixels, or twice as large where it fits with them. */
  function toggle(at) {
    if (scale > fit * 1.001) zoom(fit, at)
    else zoom(fit < 0.8 ? 1 : fit * 2, at)
  }

  viewer.addEventListener("click", (event) => {
    const wanted = event.target.closest("[data-zoom]")?.dataset.zoom
    if (wanted === "in") zoom(scale * STEP)
    else if (wanted === "out") zoom(scale / STEP)
    else if (wanted === "fit") zoom(fit)
    else if (wanted === "close") viewer.close()
  })

  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const closeUp = scale > fit * 1.001
    const arrow = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[
      event.key
    ]
    if (event.key === "+" || event.key === "=") zoom(scale * STEP)
    else if (event.key === "-" || event.key === "_" || event.key === "−") zoom(scale / STEP)
    else if (event.key === "0") zoom(fit)
    else if (arrow && closeUp) {
      glide(true)
      place(left + arrow[0] * PACE, top + arrow[1] * PACE)
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      viewer
        .querySelector(event.key === "ArrowLeft" ? "[data-viewer-previous]" : "[data-viewer-next]")
        ?.click()
    } else return
    event.preventDefault()
    event.stopPropagation()
  })

  room.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault()
      const lines = event.deltaMode === 1 ? 16 : 1
      zoom(scale * Math.exp(-event.deltaY * lines * 0.0022), point(event), false)
    },
    { passive: false },
  )

  room.addEventListener("pointerdown", (event) => {
    if (event.button) return
    room.setPointerCapture(event.pointerId)
    pointers.set(event.pointerId, point(event))
    if (pointers.size === 1) {
      travelled = 0
      pinched = false
    }
    room.setAttribute("data-moving", "")
  })

  room.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId)
    if (!before) return
    const now = point(event)
    const others = [...pointers.entries()].filter(([id]) => id !== event.pointerId)
    pointers.set(event.pointerId, now)
    travelled += Math.hypot(now.x - before.x, now.y - before.y)
    if (others.length) {
      pinched = true
      const fixed = others[0][1]
      const apart =
        Math.hypot(now.x - fixed.x, now.y - fixed.y) /
        Math.max(1, Math.hypot(before.x - fixed.x, before.y - fixed.y))
      zoom(scale * apart, { x: (now.x + fixed.x) / 2, y: (now.y + fixed.y) / 2 }, false)
    } else if (travelled > NEAR || scale > fit) {
      glide(false)
      place(left + now.x - before.x, top + now.y - before.y)
    }
  })

  for (const name of ["pointerup", "pointercancel"]) {
    room.addEventListener(name, (event) => {
      if (!pointers.delete(event.pointerId)) return
      if (!pointers.size) room.removeAttribute("data-moving")
      if (name === "pointercancel" || pointers.size || pinched || travelled > NEAR) return
      if (event.pointerType !== "touch") toggle(point(event))
      else if (event.timeStamp - tappedAt < DOUBLE) {
        tappedAt = 0
        toggle(point(event))
      } else tappedAt = event.timeStamp
    })
  }

  function point(event) {
    const box = room.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
}
