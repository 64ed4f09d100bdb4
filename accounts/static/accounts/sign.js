/** Show a password on demand; tell the server the browser's time zone when an account is made. */

for (const button of document.querySelectorAll("[data-reveal]")) {
  const field = document.getElementById(button.getAttribute("aria-controls"))
  button.hidden = false
  button.addEventListener("click", () => {
    const shown = field.type === "password"
    field.type = shown ? "text" : "password"
    button.setAttribute("aria-pressed", String(shown))
    field.focus()
  })
  // What is sent is a password again, so that browsers do not remember it as a text.
  field.form.addEventListener("submit", () => {
    field.type = "password"
  })
}

const zone = document.querySelector("input[name=time_zone][type=hidden]")
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""
