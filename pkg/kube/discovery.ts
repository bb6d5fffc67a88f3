import { z } from 'zod'
import { Fault, show } from '#core'
import type { Cluster } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'

/** One namespaced kind and the name of its collection. */
export interface ObjectKind {
  readonly apiVersion: string
  readonly kind: string
  /** Plural, as in the URL. */
  readonly resource: string
}

const Resources = z.object({
  resources: z.array(
    z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()).catch([]) }),
  ),
})
type Resource = z.infer<typeof Resources>['resources'][number]

const at = { path: 'spec.target.manifest' }
// it becomes part of a URL: nothing but a group and a version may pass
const label = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?'
const apiVersions = new RegExp(`^(?:${label}(?:\\.${label})*/)?${label}$`)
const needed = ['get', 'create', 'update', 'delete']

const unknownKind = (apiVersion: string, kind: string): Fault =>
  new Fault('ClusterRefused', `the API server has no kind ${show(kind)} in ${show(apiVersion)}`, {
    path: at.path,
    remedy: 'install its CustomResourceDefinition, or correct apiVersion and kind',
  })

const judged = ({ name, namespaced, verbs }: Resource, apiVersion: string, kind: string): ObjectKind => {
  const refuse = (problem: string, remedy: string) =>
    new Fault('SpecInvalid', `${show(kind)} in ${show(apiVersion)} ${problem}`, { ...at, remedy })
  if (!namespaced) throw refuse('belongs to no namespace', 'name a kind whose objects live in namespaces')
  if (needed.some(verb => !verbs.includes(verb))) {
    throw refuse('cannot be read and written as an object', 'name another kind')
  }
  return { apiVersion, kind, resource: name }
}

/**
 * Which collection holds the objects of a kind, as the API server says. What it said is kept, and asked again for a kind that is not
 * in it. Throws Fault at spec.target.manifest: ClusterRefused for a kind that is not there (yet), SpecInvalid for one that is not
 * namespaced or cannot be written.
 */
export const discovery = (cluster: Cluster) => {
  const known = new Map<string, readonly Resource[]>()

  const ask = async (apiVersion: string, signal: AbortSignal): Promise<readonly Resource[]> => {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    try {
      const parsed = Resources.safeParse(await cluster.request({ method: 'GET', path, signal }))
      if (!parsed.success) throw new KubeError({ status: 0, reason: 'Garbled' })
      // a name with a slash is a subresource
      const resources = parsed.data.resources.filter(({ name }) => !name.includes('/'))
      known.set(apiVersion, resources)
      return resources
    } catch (thrown) {
      known.delete(apiVersion)
      if (thrown instanceof KubeError && thrown.status === 404) return []
      throw signal.aborted ? thrown : clusterFault(thrown, `look up the kinds of ${show(apiVersion)}`)
    }
  }
  return {
    resolve: async (apiVersion: string, kind: string, signal: AbortSignal): Promise<ObjectKind> => {
      if (!apiVersions.test(apiVersion)) {
        const what = `${show(apiVersion)} is no apiVersion`
        throw new Fault('SpecInvalid', what, { path: `${at.path}.apiVersion`, remedy: 'write v1 or GROUP/VERSION' })
      }
      const ofKind = (resource: Resource) => resource.kind === kind
      const found = known.get(apiVersion)?.find(ofKind) ?? (await ask(apiVersion, signal)).find(ofKind)
      if (!found) throw unknownKind(apiVersion, kind)
      return judged(found, apiVersion, kind)
    },
    /** What was known of this apiVersion does not hold any more. */
    forget: (apiVersion: string): void => void known.delete(apiVersion),
  }
}
