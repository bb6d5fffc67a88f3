import { z } from 'zod'
import {
  ClusterExternalSecret,
  ClusterPushSecret,
  ClusterSecretStore,
  ExternalSecret,
  PushSecret,
  SecretStore,
  SecretStoreRef,
} from '#api'
import type { FanObject } from '#reconcile'

const Named = z.object({ spec: z.looseObject({ controller: z.string().optional().catch(undefined) }).catch({}) })
const Referring = z.object({ spec: z.object({ secretStoreRef: SecretStoreRef.optional().catch(undefined) }).catch({}) })

// what tells whose an object is stays, so that nobody judges what belongs to another controller
const bareStore = (raw: unknown) => ({ controller: Named.parse(raw).spec.controller, provider: {} })
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

// it pushes nothing, and deletes nothing: the rules refuse it without stores
const barePush = { secretStoreRefs: [], selector: {} }

export const readPushSecret = readable(PushSecret, () => barePush)
export const readExternalSecret = readable(ExternalSecret, bareExternalSecret)
export const readStore = readable(SecretStore, bareStore)
export const readClusterStore = readable(ClusterSecretStore, bareStore)

/** A bare one asks for no namespace at all: it says that it is none, so that nothing is deleted for it. */
const readableFan =
  <T extends FanObject>(schema: z.ZodType<T>, spec: object) =>
  (raw: unknown): FanObject => {
    const parsed = schema.safeParse(raw)
    if (parsed.success) return parsed.data
    const { status: _, ...rest } = z.looseObject({}).parse(raw)
    const anew = schema.safeParse(rest)
    return anew.success ? anew.data : { ...schema.parse({ ...rest, spec }), unreadable: true }
  }

export const readClusterExternalSecret = readableFan(ClusterExternalSecret, { externalSecretSpec: {} })
export const readClusterPushSecret = readableFan(ClusterPushSecret, { pushSecretSpec: barePush })
