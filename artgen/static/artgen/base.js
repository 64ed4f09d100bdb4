/** Scripts of every page. Each page adds one module of its own. */

import { wireAnnouncements } from "./js/announcements.js"
import { wireMenus } from "./js/menus.js"
import { wirePasting } from "./js/pasting.js"
import { wireShortcuts } from "./js/shortcuts.js"
import { showCurrentTab } from "./js/tabs.js"
import { wireThemes } from "./js/theme.js"
import { sendTimeZone } from "./js/time_zone.js"
import { scheduleDismissals } from "./js/toasts.js"
import { wireWebApp } from "./js/web_app.js"

wireAnnouncements()
wireThemes()
wireMenus()
showCurrentTab()
wireShortcuts()
wirePasting()
scheduleDismissals()
sendTimeZone()
wireWebApp()
