/** Random values of the create page. */

const SEED_MAX = 2 ** 31 - 1

export function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % (SEED_MAX + 1)
}

/** Return a key by which the server recognizes a form that is sent twice. */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
}
