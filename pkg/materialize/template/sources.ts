import type { Template, TemplateFrom } from '#api'
import { Fault, type Sensitive, show } from '#core'

/** A ConfigMap or Secret in the namespace of the ExternalSecret that holds templates. */
export interface TemplateSource {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  /** Field path of its first use. */
  readonly path: string
  /** Keys that are read; nothing else of the object is kept. */
  readonly keys: ReadonlySet<string>
}

/** Each is a read of its own, at every sync (security.md T30). */
export const mostSources = 50

/** The data of each source by sourceKey; undefined: there is no such object. */
export type Sources = ReadonlyMap<string, ReadonlyMap<string, Sensitive> | undefined>

type Entry = Pick<TemplateFrom, 'configMap' | 'secret'>
type Use = Omit<TemplateSource, 'keys'> & { readonly items: NonNullable<Entry['configMap']>['items'] }

export const sourceKey = ({ kind, name }: Pick<TemplateSource, 'kind' | 'name'>): string => `${kind}/${name}`

/** What an entry of templateFrom names, in the order in which its results are laid over each other. */
export const usesOf = ({ configMap, secret }: Entry, path: string): readonly Use[] => [
  ...(configMap ? [{ kind: 'ConfigMap', path: `${path}.configMap`, ...configMap } as const] : []),
  ...(secret ? [{ kind: 'Secret', path: `${path}.secret`, ...secret } as const] : []),
]

export const entryPath = (index: number): string => `spec.target.template.templateFrom[${index}]`

/** The distinct objects that templateFrom reads; one of which no key is wanted is not read. */
export const templateSources = (template: Template | undefined): readonly TemplateSource[] => {
  const sources = new Map<string, TemplateSource & { readonly keys: Set<string> }>()
  template?.templateFrom?.forEach((entry, index) => {
    for (const { kind, name, path, items } of usesOf(entry, entryPath(index))) {
      const id = sourceKey({ kind, name })
      const source = sources.get(id) ?? { kind, name, path, keys: new Set<string>() }
      for (const { key } of items) sources.set(id, source).get(id)?.keys.add(key)
    }
  })
  return [...sources.values()]
}

/** The data of a source, or that it is absent. */
export const dataOf = (use: Use, sources: Sources): ReadonlyMap<string, Sensitive> | Fault => {
  const object = `${use.kind} ${show(use.name)}`
  if (!sources.has(sourceKey(use))) return new Fault('Unexpected', `${object} was not read`, { path: use.path })
  return (
    sources.get(sourceKey(use)) ??
    new Fault('TemplateSourceMissing', `there is no ${object} in this namespace`, {
      path: `${use.path}.name`,
      remedy: `create ${object} there, or name another one`,
    })
  )
}

/** That a source has no such key. Its other keys are not named: who writes the manifest may not be allowed to read the Secret. */
export const lacksKey = (use: Use, key: string, index: number): Fault => {
  const object = `${use.kind} ${show(use.name)}`
  return new Fault('TemplateSourceMissing', `${object} has no key ${show(key)}`, {
    path: `${use.path}.items[${index}].key`,
    remedy: `add ${show(key)} to the data of ${object}, or name another key`,
  })
}
