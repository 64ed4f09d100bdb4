/** Say why an action failed: in the words of the server, no connection, or something else. */

import { Problem } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showSignedOut } from "./signed_out.js"

/** `data` has the texts of `_failure_texts.html`; `about` is what the message begins with. */
export function showFailure(problem, data, { about = "" } = {}) {
  if (problem.name === "AbortError") return
  if (problem.signedOut) showSignedOut(data, problem)
  else toast(about + failureText(problem, data), { kind: "error", key: about || "failed" })
}

export function failureText(problem, data) {
  if (problem.status === 0) return data.notDone
  return (problem instanceof Problem && problem.message) || data.failed
}
