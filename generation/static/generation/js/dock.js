/**
 * The dock on phones: while the feed is in view, a short field that leads to the form replaces the
 * button. It shows the beginning of the prompt in the form.
 */

const SHOWN = 120 // characters; the field is one line and cuts off the rest

/** Wire the dock; `feed` is the list of runs, `composer` the form it leads to. */
export function wireDock(feed, composer) {
  const dock = document.getElementById("dock")
  const field = dock.querySelector(".dock-field")
  const empty = field.textContent
  const showPrompt = () => {
    const text = composer.prompt.value.slice(0, SHOWN).trim()
    field.textContent = text || empty
    field.classList.toggle("is-filled", text !== "")
  }
  dock.hidden = false
  new IntersectionObserver(
    ([entry]) => {
      showPrompt()
      document.body.classList.toggle(
        "in-feed",
        entry.isIntersecting && entry.boundingClientRect.top < innerHeight * 0.6,
      )
    },
    { rootMargin: "0px 0px -40% 0px" },
  ).observe(feed)
  composer.restored.then(showPrompt)
  dock.addEventListener("click", (event) => {
    if (event.target.closest("[data-dock-open]")) {
      scrollTo({ top: 0 })
      composer.prompt.focus({ preventScroll: true })
    } else if (event.target.closest("[data-dock-source]")) {
      scrollTo({ top: 0 })
      composer.sources.ask()
    }
  })
}
