/** Show that the user is signed out, with a link to sign in; the draft keeps the text. */

import { toast } from "../../artgen/js/toasts.js"

/** `otherUser`: another account is signed in in this browser. */
export function showSignedOut(data, { otherUser = false } = {}) {
  const back = `${location.pathname}${location.search}`
  toast(otherUser ? data.otherUser : data.signedOut, {
    kind: "error",
    key: "signed-out", // one message, whoever notices it first
    action: otherUser
      ? { label: data.reload, run: () => location.reload() }
      : {
          label: data.signIn,
          run: () => location.assign(`${data.login}?next=${encodeURIComponent(back)}`),
        },
  })
}
