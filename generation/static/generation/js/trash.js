/** Move images to the trash and restore them, with undo; forms do it without script. */

import { part } from "../../artgen/js/http.js"
import { say } from "../../artgen/js/status.js"
import { isTyping, pressed } from "../../artgen/js/shortcuts.js"
import { toast } from "../../artgen/js/toasts.js"
import { showFailure } from "./failures.js"
import { hideSignedOut } from "./signed_out.js"

let undo = null // undoes the last move; Ctrl+Z does the same as the button
let pendingMoves = 0 // moves that the page shows and the server has not confirmed
let isUndoRequested = false // Ctrl+Z was pressed meanwhile

/** Post to one of an image's addresses. */
export function post(address) {
  return part(address, { method: "POST" })
}

/** Wait for the response to a move that the page shows already; Ctrl+Z may come first. */
export async function confirmed(answer) {
  pendingMoves += 1
  try {
    return await answer
  } catch (problem) {
    isUndoRequested = false
    throw problem
  } finally {
    pendingMoves -= 1
  }
}

/** Show that images were moved, with an undo button. `data` has the texts. */
export function offerUndo(text, data, undoMove) {
  hideSignedOut() // in another tab the user may have signed in again
  const run = async () => {
    undo = null
    isUndoRequested = false
    close()
    try {
      await undoMove()
    } catch (problem) {
      showFailure(problem, data)
    }
  }
  const close = toast(text, { action: { label: data.undo, run }, key: "moved" })
  undo = run
  say(text)
  if (isUndoRequested) run()
}

document.addEventListener("keydown", (event) => {
  if (!(undo || pendingMoves) || isTyping(event) || !pressed(event, "undo")) return
  event.preventDefault()
  if (pendingMoves) isUndoRequested = true
  else undo()
})
