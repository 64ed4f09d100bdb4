/** Scripts of every page. Each page adds one module of its own. */

import { wireMenus } from "./js/menus.js"
import { wireThemes } from "./js/theme.js"
import { adoptToasts } from "./js/toasts.js"

wireThemes()
wireMenus()
adoptToasts()
