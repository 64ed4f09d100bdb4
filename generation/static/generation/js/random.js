/** What the create page draws by lot. */

const SEED_MAX = 2 ** 31 - 1

export function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % (SEED_MAX + 1)
}

/** A key by which the server knows that a form sent twice is one order. */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
}
