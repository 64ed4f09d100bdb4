/** Show that the user is signed out, with a link to sign in; the draft keeps the text. */

import { dismiss, toast } from "../../artgen/js/toasts.js"

const KEY = "signed-out" // of the toast: the socket and the form share one message

/** `otherUser`: another account is signed in in this browser. */
export function showSignedOut(data, { otherUser = false } = {}) {
  const back = `${location.pathname}${location.search}`
  toast(otherUser ? data.otherUser : data.signedOut, {
    kind: "error",
    key: KEY,
    action: otherUser
      ? { label: data.reload, run: () => location.reload() }
      : {
          label: data.signIn,
          run: () => location.assign(`${data.login}?next=${encodeURIComponent(back)}`),
        },
  })
}

/** Remove the message: the user has signed in again, such as in another tab. */
export function hideSignedOut() {
  dismiss(KEY)
}
