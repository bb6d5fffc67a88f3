import { z } from 'zod'
import { deadline } from './deadline.ts'
import { KubeError, statusError, transportError } from './error.ts'
import { LineTooLong, lineSplitter } from './lines.ts'
import type { Collection } from './list.ts'

const types = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'] as const
const Event = z.object({ type: z.enum(types), object: z.unknown() })
const Position = z.object({ metadata: z.object({ resourceVersion: z.string() }) })

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: unknown
  readonly resourceVersion: string
}

// etcd takes at most 1.5 MiB; Go writes < > & as six characters each
const maxLine = 16 * 1024 * 1024
// the API server sends the head of a watch at once, however quiet the collection is
const answerMs = 15_000
const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'

const garbled = (cause?: unknown): KubeError => new KubeError({ status: 0, reason: 'Garbled', cause })

const read = (line: string): WatchEvent => {
  let raw: unknown
  try {
    raw = JSON.parse(line)
  } catch {
    // the parser quotes the line, which may hold a Secret
    throw garbled()
  }
  const event = Event.safeParse(raw)
  if (!event.success) throw garbled()
  const { type, object } = event.data
  if (type === 'ERROR') throw statusError(object)
  const position = Position.safeParse(object)
  if (!position.success) throw garbled()
  return { type, object, resourceVersion: position.data.metadata.resourceVersion }
}

/**
 * One watch, from `resourceVersion` on. Returns when the server ends it as agreed; throws KubeError when it breaks, with reason
 * `Idle` after `idleMs` without a byte (a quiet watch gets a bookmark each minute) and status 410 when it cannot go on from here.
 */
export const watch = async (
  collection: Collection,
  options: {
    resourceVersion: string
    seconds: number
    idleMs: number
    onOpen: () => void
    onBytes: () => void
    onEvent: (event: WatchEvent) => void
  },
): Promise<void> => {
  const firstMs = Math.min(answerMs, options.idleMs)
  const idle = deadline(collection.signal, firstMs, () => new KubeError({ status: 0, reason: 'Idle' }))
  try {
    const body = await collection.cluster.open(
      {
        method: 'GET',
        path: collection.path,
        query: {
          ...collection.query,
          watch: true,
          allowWatchBookmarks: true,
          timeoutSeconds: options.seconds,
          resourceVersion: options.resourceVersion,
        },
        signal: collection.signal,
        ...(collection.metadataOnly ? { accept } : {}),
      },
      idle,
    )
    idle.extend(options.idleMs)
    options.onOpen()
    const split = lineSplitter(maxLine)
    for await (const chunk of body) {
      idle.extend(options.idleMs)
      options.onBytes()
      for (const line of split(chunk)) options.onEvent(read(line))
    }
  } catch (thrown) {
    if (idle.signal.aborted) throw idle.signal.reason
    throw thrown instanceof LineTooLong ? garbled(thrown) : transportError(thrown)
  } finally {
    idle.clear()
  }
}
