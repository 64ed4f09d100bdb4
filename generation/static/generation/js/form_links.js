/** Links that fill the composer: a job's parameters, a prompt, a source, a preset. */

import { roomForSources, takesSources } from "./model_picker.js"
import { bareId } from "./source_roles.js"

const FILLING = [
  "job",
  "image",
  "saved",
  "share",
  "prompt",
  "model",
  "source",
  "preset",
  "moodboard",
]
const PARAMETERS = [...FILLING, "count", "seed"]

/**
 * Return the parameters of such a link from the page's address, null if it has none; remove them.
 *
 * Only once: a reload, Back or a change of language must not fill the form again.
 */
export function takeLink() {
  const address = new URL(location.href)
  const given = PARAMETERS.filter((name) => address.searchParams.has(name))
  if (!given.length) return null
  const query = new URLSearchParams(given.map((name) => [name, address.searchParams.get(name)]))
  for (const name of PARAMETERS) address.searchParams.delete(name)
  history.replaceState(history.state, "", address)
  return query
}

/** Return the fields `before` as a query, replaced where the link has values. */
export function withLink(side, query, before) {
  const replaced = query.has("prompt") ? ["prompt", "original_prompt"] : []
  let fields = before.filter(([name]) => !replaced.includes(name))
  if (query.has("prompt")) fields.push(["prompt", query.get("prompt")])
  let model = query.get("model")
  if (query.has("moodboard")) {
    fields.push(["moodboard", query.get("moodboard")])
  }
  if (query.has("source")) {
    const now = Object.fromEntries(fields).model
    model ??= takesSources(side, now) ? null : takesSources(side)
    fields = withSource(fields, query.get("source"), maxSources(side, model ?? now))
  }
  return new URLSearchParams(model ? [...fields, ["switch", model]] : fields)
}

/** Return the fields with one more source image, in place of those that a model has no room for. */
function withSource(fields, source, most) {
  const ids = fields
    .filter(([name, value]) => name === "source_images" && value && bareId(value) !== source)
    .map(([, value]) => value)
  ids.splice(Math.max(0, most - 1), 0, source)
  const others = fields.filter(([name]) => name !== "source_images")
  return [...others, ...ids.map((id) => ["source_images", id])]
}

function maxSources(side, model) {
  return roomForSources(side)[model] ?? 1
}
