/** Say why an action failed: in the words of the server, no connection, or something else. */

import { Problem } from "../../artgen/js/http.js"
import { toast } from "../../artgen/js/toasts.js"
import { showSignedOut } from "./signed_out.js"

/**
 * `data` has the texts of `_failure_texts.html`; `about` is what the message begins with. Where the
 * server says how to accept what it refuses, a button calls `accept` with the fields for that.
 */
export function showFailure(problem, data, { about = "", accept = null } = {}) {
  if (problem.name === "AbortError") return
  if (problem.signedOut) {
    showSignedOut(data, problem)
    return
  }
  const { field, value, label } = problem.acceptance ?? {}
  const action = accept && label ? { label, run: () => accept({ [field]: value }) } : null
  toast(about + failureText(problem, data), { kind: "error", key: about || "failed", action })
}

export function failureText(problem, data) {
  if (problem.status === 0) return data.notDone
  return (problem instanceof Problem && problem.message) || data.failed
}
