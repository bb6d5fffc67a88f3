import { z } from 'zod'
import { ClusterSecretStore, ExternalSecret, PushSecret, SecretStore, SecretStoreRef } from '#api'

const Named = z.object({ spec: z.looseObject({ controller: z.string().optional().catch(undefined) }).catch({}) })
const Referring = z.object({ spec: z.object({ secretStoreRef: SecretStoreRef.optional().catch(undefined) }).catch({}) })

// what tells whose an object is stays, so that nobody judges what belongs to another controller
const bareStore = (raw: unknown) => ({ controller: Named.parse(raw).spec.controller, provider: {} })
// it pushes nothing, and deletes nothing: the rules refuse it without stores
const barePushSecret = () => ({ secretStoreRefs: [], selector: {} })
const bareExternalSecret = (raw: unknown) => Referring.parse(raw).spec

/**
 * An object of ours as the API server holds it. What cannot be read, because it was stored past the webhook or under another
 * CRD, comes without its status, and if that is not enough with a bare spec, which every rule denies: so it is reported, and
 * nobody goes on by the spec that it had before (security.md T21). Throws where not even the metadata can be read.
 */
const readable =
  <T>(schema: z.ZodType<T>, bare: (raw: unknown) => unknown) =>
  (raw: unknown): T => {
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    const { status: _, ...rest } = z.looseObject({}).parse(raw)
    const anew = schema.safeParse(rest)
    return anew.success ? anew.data : schema.parse({ ...rest, spec: bare(raw) })
  }

export const readExternalSecret = readable(ExternalSecret, bareExternalSecret)
export const readStore = readable(SecretStore, bareStore)
export const readClusterStore = readable(ClusterSecretStore, bareStore)
export const readPushSecret = readable(PushSecret, barePushSecret)
