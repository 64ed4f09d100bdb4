/** The page of tokens: copies the new one. */

import { wireCopyButtons } from "./js/copy_buttons.js"

wireCopyButtons()
