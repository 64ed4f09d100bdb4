/** Let each image below `root` that has not loaded yet fade in over its placeholder. */
export function fadeIn(root) {
  for (const picture of root.querySelectorAll(".card-blur + .card-image:not([data-loading])")) {
    if (picture.complete) continue
    picture.dataset.loading = ""
    for (const event of ["load", "error"])
      picture.addEventListener(event, () => delete picture.dataset.loading, { once: true })
  }
}
