import type { ExternalSecret } from '#api'
import { show } from '#core'
import { dataSites, extractSites, findSites, type StoreName } from '#materialize'
import type { Context, Draft, Rule } from '../findings.ts'
import { allowedPaths, allowsFolder, allowsItem } from '../paths.ts'

// an administrator's list may be long; who reads the line needs an idea of it
const mostShown = 3

const remedyOf = (allow: readonly string[]): string => {
  const more = allow.length - mostShown
  const listed = `${allow.slice(0, mostShown).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
  return allow.length === 0
    ? 'use another store, or have paths allowed in the policy of Latchkey'
    : `name one of ${listed}, or have the path allowed in the policy of Latchkey`
}

/** What the policy has against a path; `named` is how a message calls it. Shared with rules of other kinds. */
export const pathDrafts = (
  { path, named, isAllowed }: { path: string; named: string; isAllowed: (allow: readonly string[]) => boolean },
  { namespace = '', store }: { namespace: string | undefined; store: StoreName },
  { policy }: Context,
): Draft[] => {
  const allow = allowedPaths(policy, { namespace, store })
  if (allow === undefined || isAllowed(allow)) return []
  const message = `${named} is not allowed to namespace ${namespace} with ${store.kind} ${store.name}`
  return [{ path, message, remedy: remedyOf(allow) }]
}

/** What the policy has against the item of a ref: for `remoteRef.key`, `extract.key` and the `remoteKey` of a PushSecret. */
export const itemPathDrafts = (
  path: string,
  key: string,
  use: { namespace: string | undefined; store: StoreName },
  context: Context,
): Draft[] => pathDrafts({ path, named: show(key), isAllowed: allow => allowsItem(allow, key) }, use, context)

export const pathAllowed: Rule<ExternalSecret> = {
  id: 'path-allowed',
  doc: 'Items and folders are such as the file of --policy allows to this namespace with this store, to read and to push; without an entry, any.',
  check: ({ metadata: { namespace }, spec }, context) => {
    // what is made in many namespaces is judged in each of them, as what it makes
    if (!context.policy?.paths?.length || namespace === undefined) return []
    const items = [...dataSites(spec), ...extractSites(spec)].flatMap(({ path, ref, store }) =>
      itemPathDrafts(`${path}.key`, ref.key, { namespace, store }, context),
    )
    const folders = findSites(spec).flatMap(({ path, find, store }) => {
      const named = find.path ? `folder ${show(find.path)}` : 'a find in all folders'
      const isAllowed = (allow: readonly string[]) => allowsFolder(allow, find.path)
      return pathDrafts({ path: `${path}.path`, named, isAllowed }, { namespace, store }, context)
    })
    return [...items, ...folders]
  },
}
