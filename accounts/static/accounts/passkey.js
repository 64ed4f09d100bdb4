/** Ask the browser for a passkey and send it; show a message if it gives none. */

const button = document.getElementById("passkey-button")
const error = document.getElementById("passkey-error")
const options = JSON.parse(document.getElementById("js_data").textContent)
const credential = document.getElementById(error.dataset.credential)

button.addEventListener("click", async () => {
  error.hidden = true
  const { create, get } = window.webauthnJSON
  try {
    const answer = options.creation_options
      ? await create(options.creation_options)
      : await get(options.request_options)
    credential.value = JSON.stringify(answer)
  } catch {
    // Canceled, unknown on this device, or not supported by the browser.
    error.hidden = false
    return
  }
  credential.form.submit()
})
