import { z } from 'zod'
import { recordOf } from '#api'
import type { Cluster, KubeRequest } from './cluster.ts'
import { deadline } from './deadline.ts'
import { discovery, type ObjectKind } from './discovery.ts'
import { clusterFault, KubeError } from './error.ts'
import { exactly, parseExact } from './exact.ts'
import { pathOf } from './path.ts'

const Owner = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  name: z.string(),
  uid: z.string(),
  controller: z.boolean().exactOptional(),
  blockOwnerDeletion: z.boolean().exactOptional(),
})
const ManagedField = z.looseObject({ manager: z.string().exactOptional(), fieldsV1: z.unknown().exactOptional() })
const texts = recordOf(z.string())

const Metadata = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  uid: z.string().exactOptional(),
  resourceVersion: z.string().exactOptional(),
  generation: z.number().exactOptional(),
  labels: texts.exactOptional(),
  annotations: texts.exactOptional(),
  ownerReferences: z.array(Owner).exactOptional(),
  finalizers: z.array(z.string()).exactOptional(),
  managedFields: z.array(ManagedField).exactOptional(),
})

const RawObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: Metadata })
type Deep<T> = { readonly [K in keyof T]: T[K] extends object | undefined ? Deep<T[K]> : T[K] }
/** An object of any namespaced kind, whole and as it came; integers beyond 2^53 are bigints. */
export type RawObject = Deep<z.infer<typeof RawObject>>

// the parser's own copy would lose a key named __proto__
const isObject = (raw: unknown): raw is RawObject => RawObject.safeParse(raw).success

/** What stays in memory of an object of any kind: its metadata, and nothing of its content. */
export type ObjectDigest = ReturnType<typeof objectDigest>

/** Reduces an object to its metadata. Throws where it is no object of a namespace. */
export const objectDigest = (raw: unknown) => {
  const { metadata } = z.object({ metadata: Metadata }).parse(raw)
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    mark: objectMark(metadata),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    ownerReferences: metadata.ownerReferences ?? [],
  }
}

/**
 * Changes with the content of an object. Kinds that count generations say so themselves, and a status that moves all day changes
 * nothing; for the rest (ConfigMap) any write counts.
 */
export const objectMark = (metadata: { uid?: string; resourceVersion?: string; generation?: number }): string =>
  `${metadata.uid ?? ''}/${metadata.generation === undefined ? metadata.resourceVersion : `g${metadata.generation}`}`

/** `mark` of what is there now, to tell the echo of the own write from somebody else's. */
export type ObjectWritten = { readonly did: 'written'; readonly mark: string } | { readonly did: 'conflict' }

/** An object as it is to be written. */
export interface ObjectBody {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly resourceVersion?: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

const statusOf = (thrown: unknown): number => (thrown instanceof KubeError ? thrown.status : 0)
// a field that the kind does not have is refused: without it the server would drop the value and say that all is well
const queryOf = (fieldManager: string) => ({ fieldManager, fieldValidation: 'Strict' })
const place = ({ apiVersion, resource }: ObjectKind, namespace: string, name?: string): string =>
  pathOf({ apiVersion, resource, namespace, ...(name === undefined ? {} : { name }) })
// the answer to a write is read for its metadata; the content need not travel back
const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
const readMs = 15_000
const longest = 16 * 1024 * 1024

/** The text itself: what the cluster parses for others has lost the digits of large numbers. */
const textAt = async (cluster: Cluster, path: string, signal: AbortSignal): Promise<string> => {
  const limit = deadline(signal, readMs, () => new KubeError({ status: 0, reason: 'Timeout' }))
  try {
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of await cluster.open({ method: 'GET', path, signal }, limit)) {
      size += piece.byteLength
      if (size > longest) throw new KubeError({ status: 0, reason: 'TooLarge' })
      pieces.push(piece)
    }
    return Buffer.concat(pieces).toString('utf8')
  } finally {
    limit.clear()
  }
}

const objectIn = (text: string): RawObject => {
  try {
    const raw = parseExact(text)
    if (isObject(raw)) return raw
  } catch {
    // the text stays out of the error: it may hold a secret
  }
  throw new KubeError({ status: 0, reason: 'Garbled' })
}

/** Which field of the object is wrong; `.` where the server says so in its own words alone, which may hold a value. */
const fieldIn = (thrown: unknown): string | undefined => {
  if (statusOf(thrown) === 400) return '.'
  return thrown instanceof KubeError && thrown.status === 422 ? thrown.fields[0] : undefined
}

const writer = (cluster: Cluster, forget: (apiVersion: string) => void) => {
  const write = async (request: KubeRequest, what: string, conflicts: readonly number[]): Promise<ObjectWritten> => {
    try {
      const answer = await cluster.request({ ...request, body: exactly(request.body), accept })
      return { did: 'written', mark: objectDigest(answer).mark }
    } catch (thrown) {
      if (conflicts.includes(statusOf(thrown))) return { did: 'conflict' }
      if (request.signal.aborted) throw thrown
      const field = fieldIn(thrown)
      const fault = clusterFault(thrown, what)
      throw field === undefined ? fault : fault.at(field)
    }
  }
  return {
    create: (
      kind: ObjectKind,
      object: ObjectBody,
      fieldManager: string,
      signal: AbortSignal,
    ): Promise<ObjectWritten> => {
      const { namespace, name } = object.metadata
      const path = place(kind, namespace)
      const what = `create ${kind.kind} ${namespace}/${name}`
      return write({ method: 'POST', path, query: queryOf(fieldManager), body: object, signal }, what, [409]).catch(
        (thrown: unknown) => {
          // the kind may have gone, or have come back under another name
          forget(kind.apiVersion)
          throw thrown
        },
      )
    },
    /** An object that is gone by now counts as a conflict too: reading it again shows the way on. */
    replace: async (
      kind: ObjectKind,
      object: ObjectBody,
      fieldManager: string,
      signal: AbortSignal,
    ): Promise<ObjectWritten> => {
      const { namespace, name, resourceVersion } = object.metadata
      // without it the API server would overwrite whatever is there
      if (!resourceVersion) throw new Error('a replace needs metadata.resourceVersion')
      const path = place(kind, namespace, name)
      const what = `write ${kind.kind} ${namespace}/${name}`
      return write({ method: 'PUT', path, query: queryOf(fieldManager), body: object, signal }, what, [404, 409])
    },
  }
}

/**
 * Objects of any namespaced kind, live. Each call throws Fault (ClusterRefused, ClusterUnreachable), and tells a conflict by its
 * result. The path of an object refused as invalid is the field that the API server names, or `.`; fields that the kind does not
 * have are refused, and not dropped.
 */
export const objectClient = (cluster: Cluster) => {
  const { resolve, forget } = discovery(cluster)
  return {
    resolve,
    /** Undefined when absent. */
    read: async (
      kind: ObjectKind,
      namespace: string,
      name: string,
      signal: AbortSignal,
    ): Promise<RawObject | undefined> => {
      try {
        return objectIn(await textAt(cluster, place(kind, namespace, name), signal))
      } catch (thrown) {
        if (statusOf(thrown) === 404) return undefined
        throw signal.aborted ? thrown : clusterFault(thrown, `read ${kind.kind} ${namespace}/${name}`)
      }
    },
    markOf: (object: RawObject): string => objectMark(object.metadata),
    ...writer(cluster, forget),
    /** Deletes only what has this uid and resourceVersion. Gone or replaced by another is done; a newer version is ClusterRefused. */
    remove: async (
      kind: ObjectKind,
      object: { namespace: string; name: string; uid: string; resourceVersion: string },
      signal: AbortSignal,
    ): Promise<void> => {
      const { namespace, name, uid, resourceVersion } = object
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } }
      try {
        await cluster.request({ method: 'DELETE', path: place(kind, namespace, name), body, signal })
      } catch (thrown) {
        if (statusOf(thrown) === 404) return
        throw signal.aborted ? thrown : clusterFault(thrown, `delete ${kind.kind} ${namespace}/${name}`)
      }
    },
  }
}
