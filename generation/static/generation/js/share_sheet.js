/**
 * The share sheet of the device: for a link, or for an image as a file. Its buttons are shown only
 * where the browser has one; copying and downloading are always there.
 */

import { toast } from "../../artgen/js/toasts.js"

/** Handle the buttons within `root`; `data` has the texts. */
export function wireShareSheet(root, data) {
  showShareButtons(root)
  root.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-share-link], [data-share-file]")
    if (!button || button.getAttribute("aria-disabled") === "true") return
    button.setAttribute("aria-disabled", "true")
    try {
      if ("shareLink" in button.dataset) await share({ url: button.dataset.shareLink }, data)
      else await share({ files: [await fileAt(button.dataset.shareFile)] }, data)
    } catch {
      toast(data.failed, { kind: "error", key: "failed" })
    } finally {
      button.removeAttribute("aria-disabled")
    }
  })
}

/** Show the buttons whose kind the browser can share. */
export function showShareButtons(root) {
  if (!navigator.share) return
  for (const button of root.querySelectorAll("[data-share-link]")) button.hidden = false
  const file = new File([""], "image.png", { type: "image/png" })
  if (!navigator.canShare?.({ files: [file] })) return
  for (const button of root.querySelectorAll("[data-share-file]")) button.hidden = false
}

async function fileAt(address) {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`answered ${response.status}`)
  const blob = await response.blob()
  return new File([blob], `artgen.${blob.type.replace(/^image\//, "")}`, { type: blob.type })
}

async function share(what, data) {
  try {
    await navigator.share(what)
  } catch (error) {
    if (error.name === "AbortError") return // closed by the user
    // The file took longer than a press of a button counts: a second press shares it.
    if (error.name !== "NotAllowedError" || !what.files) throw error
    toast(data.shareReady, {
      key: "share",
      stays: true,
      action: { label: data.share, run: () => share(what, data) },
    })
  }
}
