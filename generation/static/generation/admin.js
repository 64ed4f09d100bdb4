/** “Show request” shows the request below the button; without script it opens in a new tab. */

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-preview]")
  if (!button) return
  event.preventDefault()
  const target = document.querySelector("[data-preview-target]")
  button.disabled = true
  try {
    const answer = await fetch(button.formAction, {
      method: "POST",
      body: new FormData(button.form),
      headers: { "X-Part": "1" },
    })
    if (!answer.ok) throw new Error(String(answer.status))
    const page = new DOMParser().parseFromString(await answer.text(), "text/html")
    target.replaceChildren(...page.body.childNodes)
  } catch (problem) {
    target.textContent = `${button.textContent.trim()}: ${problem.message}`
  } finally {
    button.disabled = false
  }
})
