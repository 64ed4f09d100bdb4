/** Forms of the admin are sent once: a double click would save or act twice. */

const DOWNLOAD_MS = 3000 // an action that downloads a file leaves the page as it is

function buttonsOf(form) {
  return [...form.elements].filter((field) => field.type === "submit" && !field.disabled)
}

function enable(buttons) {
  for (const button of buttons) button.disabled = false
}

document.addEventListener("submit", ({ target: form, defaultPrevented }) => {
  if (defaultPrevented || form.method !== "post") return
  // Later: a disabled button would not be sent.
  setTimeout(() => {
    const buttons = buttonsOf(form)
    for (const button of buttons) button.disabled = true
    if (form.id === "changelist-form") setTimeout(() => enable(buttons), DOWNLOAD_MS)
    window.addEventListener("pageshow", () => enable(buttons), { once: true })
  })
})
