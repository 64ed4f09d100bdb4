/** An undo of a move to the trash that the page after it offers: that page shows the next image. */

import { offerUndo, post } from "./trash.js"

const KEY = "trashed-image"

/** Remember the move for the next page; `restore` and `page` are addresses of the image. */
export function carryUndo({ restore, page }) {
  sessionStorage.setItem(KEY, JSON.stringify({ restore, page }))
}

/** Offer to undo the move that the page before has made, if there is one; once. */
export function offerCarriedUndo(data) {
  const carried = sessionStorage.getItem(KEY)
  sessionStorage.removeItem(KEY)
  if (!carried) return
  const { restore, page } = JSON.parse(carried)
  offerUndo(data.trashed, data, async () => {
    await post(restore)
    location.replace(page)
  })
}
