/** Arrow keys in popover menus; the popover itself opens and closes without script. */

const FOCUSABLE = "a[href], button:not([disabled])"

export function wireMenus() {
  document.addEventListener("keydown", (event) => {
    if (
      event.key !== "ArrowDown" &&
      event.key !== "ArrowUp" &&
      event.key !== "Home" &&
      event.key !== "End"
    )
      return
    const opener = event.target.closest?.("[popovertarget]")
    const menu =
      event.target.closest?.(".menu[popover]") ??
      (opener && document.getElementById(opener.getAttribute("popovertarget")))
    if (!menu?.classList.contains("menu")) return
    if (!menu.matches(":popover-open")) menu.showPopover()
    const items = [...menu.querySelectorAll(FOCUSABLE)].filter((item) => item.offsetParent !== null)
    const now = items.indexOf(document.activeElement)
    const last = items.length - 1
    const next = {
      ArrowDown: now === last ? 0 : now + 1,
      ArrowUp: now <= 0 ? last : now - 1,
      Home: 0,
      End: last,
    }[event.key]
    items[next]?.focus()
    event.preventDefault()
  })
}
