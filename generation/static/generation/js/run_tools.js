/** The link and the menu of runs of the feed, made from <template id="run-tools">. */

/** Show what is cut of the head of a run at which somebody points. */
export function showWholeHeads(feed) {
  feed.addEventListener("pointerover", ({ target }) => {
    const title = target.closest?.(".run-title")
    if (!title) return
    const meta = title.nextElementSibling.querySelector(":scope > span")
    const parts = [...title.children, ...(meta.checkVisibility() ? [] : [meta])]
    const isCut = title.scrollWidth > title.clientWidth || parts.length > title.children.length
    title.dataset.tip = isCut ? parts.map((part) => part.textContent.trim()).join("\n") : ""
  })
}

/** Complete the runs below `feed`; `data` has the addresses of the page. */
export function addRunTools(feed, data) {
  const template = document.getElementById("run-tools")
  for (const run of feed.querySelectorAll("[data-first]")) {
    complete(run, template.content.cloneNode(true), data)
    run.removeAttribute("data-first")
  }
}

function complete(run, tools, data) {
  const { run: id, first, count } = run.dataset
  const prompt = run.querySelector(".run-prompt")
  prompt.id = `run-${id}-prompt`
  run.setAttribute("aria-labelledby", prompt.id)
  const [use, again] = tools.querySelectorAll("[data-use]")
  const address = `${data.create}?${new URLSearchParams({ job: first, count })}`
  use.href = address
  again.href = `${address}&seed=keep`
  tools.querySelector("[data-of-run]").href = `${data.jobs}${first}/`
  const menu = tools.querySelector("[popover]")
  menu.id = `menu-${id}`
  tools.querySelector("[popovertarget]").setAttribute("popovertarget", menu.id)
  tools.querySelector("[data-copy]").dataset.copy = prompt.textContent
  if (run.querySelectorAll(".run-card").length < 2)
    tools.querySelector("[data-select-run]").remove()
  run.querySelector(".run-meta").append(tools)
}
