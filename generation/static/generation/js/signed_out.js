/** Say that the page's user is signed in no more, with the way back: what was typed waits in the draft. */

import { toast } from "../../artgen/js/toasts.js"

/** `otherUser`: somebody else has signed in in this browser. */
export function tellSignedOut(data, { key = "failed", otherUser = false } = {}) {
  const back = `${location.pathname}${location.search}`
  toast(otherUser ? data.otherUser : data.signedOut, {
    kind: "error",
    key,
    action: otherUser
      ? { label: data.reload, run: () => location.reload() }
      : {
          label: data.signIn,
          run: () => location.assign(`${data.login}?next=${encodeURIComponent(back)}`),
        },
  })
}
