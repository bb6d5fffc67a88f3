import { z } from 'zod'
import type { Cluster, KubeRequest } from './cluster.ts'
import { KubeError } from './error.ts'
import { dressed, identify } from './object.ts'

const List = z.object({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
})

/** One resource collection and how it is asked for. */
export interface Collection {
  readonly cluster: Cluster
  /** `/api/v1/secrets`, `/apis/GROUP/VERSION/namespaces/NS/PLURAL`. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Objects without spec and status, for kinds of which only labels or existence matter. */
  readonly metadataOnly: boolean
  readonly signal: AbortSignal
}

export interface Listing {
  /** Where a watch goes on. */
  readonly resourceVersion: string
  readonly keys: ReadonlySet<string>
}

const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

type PageQuery = KubeRequest['query']
type Page = z.infer<typeof List> & { readonly limit: number }

const page = async (collection: Collection, query: PageQuery): Promise<z.infer<typeof List>> => {
  const answer = await collection.cluster.request({
    method: 'GET',
    path: collection.path,
    query: { ...collection.query, ...query },
    signal: collection.signal,
    timeoutMs: 60_000,
    ...(collection.metadataOnly ? { accept } : {}),
  })
  const parsed = List.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new KubeError({ status: 0, reason: 'Garbled' })
}

const isTooLarge = (thrown: unknown): boolean => thrown instanceof KubeError && thrown.reason === 'TooLarge'

/** One page of at most `limit` items, or of half as many, as often as it takes: objects of a tenant can be a thousand times as large as others. */
const fittingPage = async (collection: Collection, query: PageQuery, limit: number): Promise<Page> => {
  try {
    return { ...(await page(collection, { ...query, limit })), limit }
  } catch (thrown) {
    if (limit === 1 || !isTooLarge(thrown)) throw thrown
    return fittingPage(collection, query, Math.ceil(limit / 2))
  }
}

/**
 * Reads a whole collection in pages, each item given to `visit` as it comes. Without `exact` the answer is the newest state;
 * with it, the state at that resourceVersion. Throws KubeError; status 410 where a page or that version is no longer to be had.
 */
export const list = async (
  collection: Collection,
  options: { pageSize: number; exact?: string | undefined; visit: (item: unknown) => void },
): Promise<Listing> => {
  const { pageSize, exact } = options
  const keys = new Set<string>()
  let query: PageQuery = exact === undefined ? {} : { resourceVersion: exact, resourceVersionMatch: 'Exact' }
  let limit = pageSize
  for (;;) {
    const answer = await fittingPage(collection, query, limit)
    const { apiVersion, kind, metadata, items } = answer
    const itemKind = collection.metadataOnly ? undefined : kind?.replace(/List$/, '')
    for (const item of items ?? []) {
      const id = identify(item)
      if (id) keys.add(id.key)
      options.visit(dressed(item, apiVersion, itemKind))
    }
    if (!metadata.continue) return { resourceVersion: metadata.resourceVersion, keys }
    query = { continue: metadata.continue }
    // grows back, so that one large object does not make all the others come one by one; slowly, for each try costs an answer
    limit = Math.min(pageSize, answer.limit + 1)
  }
}
