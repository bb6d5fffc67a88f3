import { z } from 'zod'

const Metadata = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string(),
    resourceVersion: z.string(),
  }),
})

export interface Identified {
  /** `namespace/name`, or `name` for cluster-scoped objects. */
  readonly key: string
  readonly uid: string
  readonly resourceVersion: string
}

/** Who an object is; undefined where it is no Kubernetes object. */
export const identify = (raw: unknown): Identified | undefined => {
  const parsed = Metadata.safeParse(raw)
  if (!parsed.success) return undefined
  const { name, namespace, uid, resourceVersion } = parsed.data.metadata
  return { key: namespace ? `${namespace}/${name}` : name, uid, resourceVersion }
}

const record = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Drops metadata.managedFields in place: the object was just parsed and nobody else holds it. They are most of the size of a
 * small object, and only a read-modify-replace needs them, which reads live.
 */
export const lighten = (raw: unknown): unknown => {
  if (record(raw) && record(raw['metadata'])) delete raw['metadata']['managedFields']
  return raw
}

/** Items of a list of a built-in kind carry neither apiVersion nor kind: they take them from the list. */
export const dressed = (item: unknown, apiVersion: string | undefined, kind: string | undefined): unknown =>
  record(item) && item['kind'] === undefined && apiVersion && kind ? { apiVersion, kind, ...item } : item
