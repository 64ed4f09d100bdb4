/** Names for screen readers in what scripts of Django add when the page has loaded. */

addEventListener("load", () => {
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.role = "img"
  for (const field of document.querySelectorAll(".select2-selection__rendered[role=textbox]")) {
    const label = field.closest(".select2").previousElementSibling.labels[0]
    if (!label) continue
    label.id ||= `${field.id}-label`
    field.setAttribute("aria-labelledby", label.id)
    field.parentElement.setAttribute("aria-labelledby", `${label.id} ${field.id}`)
  }
})
