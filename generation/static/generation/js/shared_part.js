/** The script of what all pages of this kind have: it replaces itself by that. */

/** If it did not load, leave for the page that is whole without it. */
export function requireSharedPart() {
  if (!document.querySelector("script[data-part]")) return
  const whole = new URL(location.href)
  whole.searchParams.set("plain", "")
  location.replace(whole)
  throw new Error("The shared part of the page did not load.")
}
