/** The Profile page: push notifications of this browser. */

import { wirePush } from "./js/push.js"

wirePush(document.querySelector("[data-push]"))
