/** Say that an action failed: the user is signed out, there is no connection, or something else. */

import { toast } from "../../artgen/js/toasts.js"
import { showSignedOut } from "./signed_out.js"

/** `data` has the texts of `_failure_texts.html`. */
export function showFailure(problem, data) {
  if (problem.signedOut) showSignedOut(data, problem)
  else toast(problem.status === 0 ? data.notDone : data.failed, { kind: "error", key: "failed" })
}
