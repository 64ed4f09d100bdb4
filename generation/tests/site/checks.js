/** Checks that the tests run in every page, before the page's own scripts. */

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

globalThis.checks = {
  /**
   * Return what axe finds; `rules` turns some off or, as {only: […]}, all others.
   */
  async axe({ only, off = [], tags = TAGS }) {
    const runOnly = only ? { type: "rule", values: only } : { type: "tag", values: tags }
    const rules = only ? {} : Object.fromEntries(off.map((name) => [name, { enabled: false }]))
    const found = await globalThis.axe.run(document, {
      runOnly,
      rules,
      resultTypes: ["violations"],
      preload: false,
    })
    const describe = (one, node) =>
      [
        `${one.id}: ${node.target} ${node.html.slice(0, 160)}`,
        node.failureSummary.replace(/\s+/g, " ").slice(0, 300),
      ].join(" | ")
    return found.violations.flatMap((one) => one.nodes.map((node) => describe(one, node)))
  },

  /** Show the page as users of this theme see it; the admin has a class for it, too. */
  theme(name) {
    const root = document.documentElement
    root.dataset.theme = name
    root.classList.toggle("dark", name === "dark")
  },

  /** Wait until all finite animations have ended, and the price of Create is that of its form. */
  async settled() {
    let ending
    do {
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      ending = document
        .getAnimations()
        .filter((one) => Number.isFinite(one.effect?.getComputedTiming().endTime))
      await Promise.all(ending.map((one) => one.finished.catch(() => null)))
    } while (ending.length || document.querySelector(".quote-stale"))
  },

  /** Return how many menus, dialogs and details are open. */
  opened: () => document.querySelectorAll("details[open], dialog[open], :popover-open").length,

  /** Return the elements that overflow the page horizontally. */
  sideways() {
    const root = document.documentElement
    if (root.scrollWidth <= innerWidth) return []
    const out = [...document.querySelectorAll("body *")].filter(
      (one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 0.5,
    )
    return [
      `${root.scrollWidth} > ${innerWidth}`,
      ...out.slice(0, 5).map((one) => one.outerHTML.slice(0, 120)),
    ]
  },

  /** Return the layout shifts since the page loaded. */
  shifts() {
    const moved = []
    const place = ({ x, y, width, height }) => `${x},${y} ${width}×${height}`
    const from = ({ node, previousRect, currentRect }) =>
      `${node?.outerHTML?.slice(0, 80)} | ${place(previousRect)} → ${place(currentRect)}`
    const shift = (one) => ({ value: one.value, nodes: one.sources.map(from) })
    const note = (entries) => moved.push(...entries.filter((one) => !one.hadRecentInput).map(shift))
    return new Promise((resolve) => {
      const observer = new PerformanceObserver((list) => note(list.getEntries()))
      observer.observe({ type: "layout-shift", buffered: true })
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          note(observer.takeRecords())
          resolve(moved)
        }),
      )
    })
  },

  /** Return all texts of the page, accessible names and hints included. */
  texts() {
    const foreign = (one) =>
      one.closest("[lang=en], code, pre, script, style, template, noscript, [name=time_zone]")
    const found = [document.title, document.querySelector("meta[name=description]")?.content ?? ""]
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode())
      if (!foreign(walker.currentNode.parentElement)) found.push(walker.currentNode.data)
    for (const name of ["aria-label", "title", "placeholder", "alt"])
      for (const one of document.querySelectorAll(`[${name}]`))
        if (!foreign(one)) found.push(one.getAttribute(name))
    return found.map((text) => text.replace(/\s+/g, " ").trim())
  },

  /** Return the elements that do not show keyboard focus; press a key first. */
  unseen() {
    const look = (one) => {
      const seen = []
      for (let at = one; at && seen.length < 4; at = at.parentElement) {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderTopColor } =
          getComputedStyle(at)
        seen.push([
          outlineStyle === "none" ? "" : outlineWidth + outlineColor,
          boxShadow,
          borderTopColor,
        ])
      }
      return JSON.stringify(seen)
    }
    const takers =
      "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
    return [...document.querySelectorAll(takers)]
      .filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }))
      .filter((one) => {
        document.activeElement?.blur()
        const before = look(one)
        one.focus()
        return document.activeElement === one && look(one) === before
      })
      .map((one) => one.outerHTML.slice(0, 140))
  },
}
