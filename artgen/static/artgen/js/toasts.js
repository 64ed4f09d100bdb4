/** Short messages at the bottom: 8 seconds, longer while touched; errors stay until closed. */

const SECONDS = 8
const region = document.getElementById("toasts")

// A menu that opens later would cover them.
document.addEventListener(
  "toggle",
  ({ target, newState }) => {
    if (newState === "open" && target !== region && region?.childElementCount) raise()
  },
  true,
)

/** Show the messages above menus: the one that came last into the browser's top layer is on top. */
function raise() {
  region.popover = "manual"
  if (region.matches(":popover-open")) region.hidePopover()
  region.showPopover()
}

/**
 * Show a message; return a function that removes it. `kind` is "plain" or "error", `icon` a name of
 * the sprite; `action` {label, run} adds a button (Undo); `key` replaces the message of that key.
 */
export function toast(
  text,
  { kind = "plain", icon = "", action = null, key = "", stays = kind === "error" } = {},
) {
  if (key) dismiss(key)
  const element = document
    .getElementById("toast-template")
    .content.firstElementChild.cloneNode(true)
  element.querySelector("p").textContent = text
  if (key) element.dataset.key = key
  if (kind === "error") {
    element.classList.add("toast-bad")
    element.setAttribute("role", "alert")
  }
  if (icon) {
    const use = element.querySelector(".toast-icon use")
    use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${icon}`))
    element.classList.add("toast-with-icon")
  }
  if (stays) element.dataset.stays = ""
  if (action) {
    const button = document.createElement("button")
    button.type = "button"
    button.className = "button button-quiet"
    button.textContent = action.label
    button.addEventListener("click", () => {
      element.remove()
      action.run()
    })
    element.querySelector("[data-toast-close]").before(button)
  }
  region.append(element)
  raise()
  scheduleDismissal(element)
  return () => element.remove()
}

/** Remove the message with this key, if there is one. */
export function dismiss(key) {
  region.querySelector(`[data-key="${CSS.escape(key)}"]`)?.remove()
}

function scheduleDismissal(element) {
  const close = element.querySelector("[data-toast-close]")
  close.hidden = false
  close.addEventListener("click", () => element.remove())
  if ("stays" in element.dataset) return
  let timer = 0
  const start = () => {
    timer = setTimeout(() => element.remove(), SECONDS * 1000)
  }
  const stop = () => clearTimeout(timer)
  for (const event of ["pointerenter", "focusin"]) element.addEventListener(event, stop)
  for (const event of ["pointerleave", "focusout"])
    element.addEventListener(event, () => {
      stop()
      start()
    })
  start()
}

/** Handle the messages that the server put into the page. */
export function scheduleDismissals() {
  for (const element of region?.children ?? []) scheduleDismissal(element)
}
