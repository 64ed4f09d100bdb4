/** Show the password when asked; send the browser's time zone with a new account. */

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.getAttribute("aria-controls"))
  button.hidden = false
  button.addEventListener("click", () => {
    const shown = field.type === "password"
    field.type = shown ? "text" : "password"
    button.setAttribute("aria-pressed", String(shown))
    field.focus()
  })
  // Submit it as a password field, so that browsers do not store it as text.
  field.form.addEventListener("submit", () => {
    field.type = "password"
  })
}

const zone = document.querySelector("input[name=time_zone][type=hidden]")
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""
