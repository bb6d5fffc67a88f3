import { Fault } from '#core'
import type { Cluster, KubeRequest } from './cluster.ts'
import { clusterFault, KubeError } from './error.ts'
import { pathOf } from './path.ts'

const resources = { ExternalSecret: 'externalsecrets', PushSecret: 'pushsecrets' } as const

interface Place {
  readonly kind: keyof typeof resources
  readonly apiVersion: string
  readonly namespace: string
  readonly name: string
}

/** An object as it is to be written. */
export interface ChildBody {
  readonly apiVersion: string
  readonly kind: Place['kind']
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion?: string | undefined
    readonly [field: string]: unknown
  }
  readonly spec: object
}

type Written = { readonly did: 'written'; readonly object: unknown } | { readonly did: 'conflict' | 'gone' }

// a field that the installed kind does not have is refused: without it the server would drop the value and say that all is well
const query = { fieldManager: 'latchkey', fieldValidation: 'Strict' }

const collection = (
  { kind, apiVersion }: Pick<Place, 'kind' | 'apiVersion'>,
  namespace: string,
  name?: string,
): string => pathOf({ apiVersion, resource: resources[kind], namespace, ...(name === undefined ? {} : { name }) })

const showPlace = ({ kind, namespace, name }: Place): string => `${kind} ${namespace}/${name}`

const placeOf = ({ kind, apiVersion, metadata: { namespace, name } }: ChildBody): Place => ({
  kind,
  apiVersion,
  namespace,
  name,
})

const isGone = (thrown: unknown): boolean =>
  thrown instanceof KubeError &&
  (thrown.causes.includes('NamespaceTerminating') ||
    (thrown.status === 404 && /^namespaces "/.test(thrown.said() ?? '')))

/** The words of whoever refused it, in one line; without words, those of the transport. */
const refusal = (thrown: unknown, what: string): Fault => {
  const fault = clusterFault(thrown, what)
  const { code, retryAfterMs, message } = fault
  if (!(thrown instanceof KubeError)) return fault
  // the namespace is there: isGone has looked
  if (thrown.status === 404)
    return new Fault(code, message, { cause: thrown, remedy: 'install the kind: latchkey crds' })
  const said = thrown.said()?.replaceAll(/\s+/g, ' ').trim()
  if (!said) return fault
  // words with a remedy of their own are our webhook's
  const remedy = said.includes(' → ') ? '' : undefined
  return new Fault(code, `cannot ${what}: ${said}`, { retryAfterMs, cause: thrown, remedy })
}

/** ExternalSecrets and PushSecrets that are made of cluster-scoped objects, live. Throws Fault; a conflict is told by the result. */
export const childWriter = (cluster: Cluster) => {
  const write = async (request: KubeRequest, what: string, conflicts: readonly number[]): Promise<Written> => {
    try {
      return { did: 'written', object: await cluster.request(request) }
    } catch (thrown) {
      if (request.signal.aborted) throw thrown
      if (isGone(thrown)) return { did: 'gone' }
      if (thrown instanceof KubeError && conflicts.includes(thrown.status)) return { did: 'conflict' }
      throw refusal(thrown, what)
    }
  }
  return {
    /** Undefined when absent. */
    read: async (place: Place, signal: AbortSignal): Promise<unknown> => {
      const path = collection(place, place.namespace, place.name)
      try {
        return await cluster.request({ method: 'GET', path, signal })
      } catch (thrown) {
        if (thrown instanceof KubeError && thrown.status === 404) return undefined
        throw signal.aborted ? thrown : clusterFault(thrown, `read ${showPlace(place)}`)
      }
    },
    create: (body: ChildBody, signal: AbortSignal): Promise<Written> => {
      const place = placeOf(body)
      const path = collection(place, place.namespace)
      return write({ method: 'POST', path, query, body, signal }, `create ${showPlace(place)}`, [409])
    },
    /** An object that is gone by now counts as a conflict too: reading it again shows the way on. */
    replace: async (body: ChildBody, signal: AbortSignal): Promise<Written> => {
      // without it the API server would overwrite whatever is there
      if (!body.metadata.resourceVersion) throw new Error('a replace needs metadata.resourceVersion')
      const place = placeOf(body)
      const path = collection(place, place.namespace, place.name)
      return write({ method: 'PUT', path, query, body, signal }, `write ${showPlace(place)}`, [404, 409])
    },
    remove: async (
      child: Place & { readonly uid: string; readonly resourceVersion: string },
      signal: AbortSignal,
    ): Promise<'done' | 'conflict'> => {
      const { uid, resourceVersion } = child
      const path = collection(child, child.namespace, child.name)
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
      try {
        await cluster.request({ method: 'DELETE', path, body, signal })
        return 'done'
      } catch (thrown) {
        if (signal.aborted) throw thrown
        if (!(thrown instanceof KubeError)) throw thrown
        if (thrown.status === 404) return 'done'
        if (thrown.status === 409) return 'conflict'
        throw refusal(thrown, `delete ${showPlace(child)}`)
      }
    },
  }
}
