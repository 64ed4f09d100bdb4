/** Names for screen readers in what scripts of Django add, as soon as they add it. */

function label() {
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.role = "img"
  for (const field of document.querySelectorAll(".select2-selection__rendered[role=textbox]")) {
    const name = field.closest(".select2").previousElementSibling.labels?.[0]
    if (!name) continue
    name.id ||= `${field.id}-label`
    field.setAttribute("aria-labelledby", name.id)
    field.parentElement.setAttribute("aria-labelledby", `${name.id} ${field.id}`)
  }
}

label()
new MutationObserver(label).observe(document.body, { childList: true, subtree: true })
