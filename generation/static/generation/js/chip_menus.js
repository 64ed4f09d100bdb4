/**
 * Menus in <details class="chip-menu">: one open at a time; Escape or a click outside closes it;
 * arrow keys.
 */

export function wireChipMenus() {
  for (const list of document.querySelectorAll("[data-choices]"))
    if (!list.firstElementChild) list.append(document.getElementById(list.dataset.choices).content)
  const menus = () => [...document.querySelectorAll(".chip-menu[open]")]
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false
  })
  document.addEventListener(
    "toggle",
    (event) => {
      if (!event.target.matches?.(".chip-menu[open]")) return
      for (const menu of menus()) if (menu !== event.target) menu.open = false
    },
    true,
  )
  document.addEventListener(
    "keydown",
    (event) => {
      const menu = event.target.closest?.(".chip-menu")
      if (!menu) return
      if (event.key === "Escape" && menu.open) {
        event.preventDefault()
        event.stopPropagation()
        menu.open = false
        menu.querySelector("summary").focus()
        return
      }
      const items = [...menu.querySelectorAll(".menu-item:not([hidden])")]
      const now = items.indexOf(document.activeElement)
      const typing = event.target.matches("input")
      const next = {
        ArrowDown: now + 1,
        ArrowUp: now < 0 ? items.length - 1 : now - 1,
        Home: 0,
        End: items.length - 1,
      }[event.key]
      if (next === undefined || typing || !items.length) return
      event.preventDefault()
      menu.open = true
      items[(next + items.length) % items.length].focus()
    },
    true,
  )
}
