import { fits, type PathRule, type Policy } from '#api'

/** Who names a path, and through which store. */
export interface PathUse {
  readonly namespace: string
  readonly store: { readonly kind: 'SecretStore' | 'ClusterSecretStore'; readonly name: string }
}

const fitsSome = (patterns: readonly string[] | undefined, text: string): boolean =>
  patterns === undefined || patterns.some(pattern => fits(pattern, text))

const governs = ({ namespaces, stores }: PathRule, { namespace, store }: PathUse): boolean =>
  fitsSome(namespaces, namespace) && fitsSome(stores, `${store.kind}/${store.name}`)

/** What the policy lets such a use name, as its entries have it; undefined where no entry governs it: then any path. */
export const allowedPaths = (policy: Policy | undefined, use: PathUse): readonly string[] | undefined => {
  const entries = (policy?.paths ?? []).filter(entry => governs(entry, use))
  return entries.length > 0 ? entries.flatMap(({ allow }) => allow) : undefined
}

/** A missing leading slash counts as one, as for Akeyless. */
const rooted = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

// what somebody behind us might decode, fold or climb with: a path that is written like this is no path that was allowed
const disguises = /[\\\p{C}\u2028\u2029]|%[0-9a-f]{2}/iu

// composing n marks on one letter takes n² steps; Unicode's own stream-safe text has at most 30 of them
const manyMarks = /\p{M}{31}/u
const longest = 4096

const fold = (path: string): string => (/^[\x20-\x7e]*$/.test(path) ? path : path.normalize('NFKC'))

/**
 * Whether a path says where it leads: no empty segment, none of dots alone, nothing that another reader might take for a slash or a
 * dot. Width and composition of letters are folded before, as such a reader might.
 */
const isPlain = (path: string): boolean => {
  if (path.length > longest || manyMarks.test(path)) return false
  const folded = fold(path)
  if (disguises.test(folded) || folded.split('/').length !== path.split('/').length) return false
  const segments = folded.slice(1).split('/')
  return segments.every(each => !/^[\s.]*$/.test(each))
}

/** `/team-a/` of an entry that allows everything below it; undefined where it allows one item. */
const folderOf = (entry: string): string | undefined => (/(?:^|\/)\*$/.test(entry) ? entry.slice(0, -1) : undefined)

const covers = (entry: string, path: string): boolean => {
  const folder = folderOf(rooted(entry))
  // case counts, and what is equal only after folding is not equal
  return folder === undefined ? path === rooted(entry) : path.startsWith(folder) && path !== folder
}

/** Whether the item of a ref is one that these entries allow. Pure, and the same for reading and for writing. */
export const allowsItem = (allow: readonly string[], key: string): boolean => {
  const path = rooted(key)
  return isPlain(path) && allow.some(entry => covers(entry, path))
}

/** Whether all that lies below a folder is allowed; no folder means the root. A slash at its end changes nothing. */
export const allowsFolder = (allow: readonly string[], folder: string | undefined): boolean => {
  const path = rooted(folder ?? '').replace(/\/$/, '')
  if (path === '') return allow.some(entry => folderOf(rooted(entry)) === '/')
  return isPlain(path) && allow.some(entry => covers(entry, `${path}/x`))
}
