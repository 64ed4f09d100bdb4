/** What Swagger UI lacks for screen readers and keyboards: a plugin, and attributes it never sets. */

const ATTRIBUTES = [
  [".examples-select-element", "aria-label", "Example"],
  [".models > h4", "aria-level", "3"],
  [".microlight", "tabindex", "0"],
]

export function accessibleReader({ React }) {
  const html = React.createElement
  const row = (name, ...content) => html("div", { className: `wrapper ${name}` }, ...content)
  return {
    components: {
      /** Swagger UI's BaseLayout without <main>, which the page has, and with one more heading. */
      ReaderLayout({ getComponent, specSelectors }) {
        const part = (name) => html(getComponent(name, true))
        const isLoaded = specSelectors.loadingStatus() === "success"
        return html(
          "div",
          { className: "swagger-ui" },
          part("SvgAssets"),
          isLoaded && row("information-container", part("InfoContainer")),
          isLoaded &&
            html("div", { className: "scheme-container" }, row("", part("AuthorizeBtnContainer"))),
          part("errors"),
          isLoaded && html("h2", { className: "visually-hidden" }, "Operations"),
          isLoaded && row("", part("operations")),
          isLoaded && row("webhooks-container", part("Webhooks")),
          isLoaded && row("", part("Models")),
        )
      },
    },
    // A link in a button; the address follows what is opened without it.
    wrapComponents: {
      DeepLink:
        () =>
        ({ text }) =>
          html("span", null, text),
    },
  }
}

/** Set the attributes now and on what is opened later. */
export function label(reader) {
  const set = () => {
    for (const [selector, name, value] of ATTRIBUTES)
      for (const one of reader.querySelectorAll(selector)) one.setAttribute(name, value)
  }
  new MutationObserver(set).observe(reader, { childList: true, subtree: true })
}
