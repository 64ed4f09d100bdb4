/** The admin's theme follows the device unless the user has chosen one, which the server sets. */

{
  const root = document.documentElement
  const device = matchMedia("(prefers-color-scheme: dark)")
  const follow = () => root.classList.toggle("dark", device.matches)
  if (!root.dataset.theme) {
    follow()
    device.addEventListener("change", follow)
  }
}
