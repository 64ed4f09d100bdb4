/** The day headings of the feed; a page may stay open over midnight. */

const language = document.documentElement.lang
const DAY = 86_400_000 // ms

/**
 * Return today's date, such as "2026-11-24", in this time zone, or in the browser's if it is
 * unknown.
 */
export function today(zone) {
  try {
    return new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format()
  } catch {
    return new Intl.DateTimeFormat("en-CA").format()
  }
}

/** Start the feed with this day; move older runs below their own heading. */
export function openDay(feed, day) {
  const first = feed.querySelector("h1[data-day]")
  if (!first || !day || first.dataset.day >= day) return
  const runs = feed.querySelector("#runs")
  if (runs.children.length) {
    const head = document.createElement("div")
    const heading = document.createElement("h2")
    const older = document.createElement("div")
    head.className = "feed-head"
    heading.className = first.className
    heading.dataset.day = first.dataset.day
    older.className = "runs"
    head.append(heading)
    older.append(...runs.children)
    runs.after(head, older)
  }
  first.dataset.day = day
  for (const heading of feed.querySelectorAll(".heading[data-day]"))
    heading.textContent = title(heading.dataset.day, day)
}

/** Return the runs of this day, or the newest ones. */
export function runsOf(feed, day) {
  const heading = feed.querySelector(`.heading[data-day="${CSS.escape(day ?? "")}"]`)
  return heading?.closest(".feed-head").nextElementSibling ?? feed.querySelector("#runs")
}

function title(day, now) {
  const ago = Math.round((Date.parse(now) - Date.parse(day)) / DAY)
  const year = day.slice(0, 4) === now.slice(0, 4) ? undefined : "numeric"
  const heading =
    ago < 2
      ? new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-ago, "day")
      : new Intl.DateTimeFormat(language, {
          timeZone: "UTC",
          day: "numeric",
          month: "long",
          year,
        }).format(Date.parse(day))
  return heading[0].toLocaleUpperCase(language) + heading.slice(1)
}
