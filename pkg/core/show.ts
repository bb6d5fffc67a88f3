const longest = 120

/** A name from a manifest or an item for a message: quoted, control characters escaped, cut when long. Never for values. */
export const show = (name: string): string =>
  JSON.stringify(name.length > longest ? `${name.slice(0, longest)}…` : name.toWellFormed()).replaceAll(
    // control, direction and invisible characters
    /[\p{C}\u2028\u2029]/gu,
    char => char.replaceAll(/[\s\S]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )

/** The field path of a map's entry: `labels.team`, or `labels["app.kubernetes.io/name"]` where a dot would mislead. */
export const member = (path: string, key: string): string =>
  /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `${path}.${key}` : `${path}[${show(key)}]`
