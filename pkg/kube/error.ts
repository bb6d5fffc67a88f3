import { z } from 'zod'
import { Fault } from '#core'

const Status = z.object({
  message: z.string().optional().catch(undefined),
  reason: z.string().max(64).optional().catch(undefined),
  code: z.number().optional().catch(undefined),
  details: z
    .object({
      retryAfterSeconds: z.number().optional().catch(undefined),
      causes: z
        .array(z.object({ reason: z.string().max(64).optional(), field: z.string().max(253).optional() }))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
})

/** Why there is no answer at all; the HTTP status is 0 then. */
export type Silence = 'Refused' | 'TooLarge' | 'Reset' | 'Timeout' | 'Idle' | 'Untrusted' | 'Garbled' | 'Unreachable'

interface Detail {
  readonly status: number
  /** Kubernetes' status.reason (`Conflict`, `Forbidden`, ...), or a Silence. */
  readonly reason: string
  /** Fields that the API server names as wrong: paths, never values. */
  readonly fields?: readonly string[]
  /** Why, in single words of Kubernetes: `NamespaceTerminating`. */
  readonly causes?: readonly string[]
  /** The API server's own sentence. */
  readonly said?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * An answer of 400 or more, or none. The message is made of the status and its reason only: the API server's own sentence
 * may quote an object, and a webhook's sentence anything.
 */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  readonly reason: string
  readonly retryAfterMs: number | undefined
  readonly fields: readonly string[]
  readonly causes: readonly string[]
  readonly #said: string | undefined

  constructor(detail: Detail) {
    const fields = detail.fields?.length ? ` (${detail.fields.slice(0, 3).join(', ')})` : ''
    super(`${detail.reason}${detail.status ? ` ${detail.status}` : ''}${fields}`, { cause: detail.cause })
    this.status = detail.status
    this.reason = detail.reason
    this.fields = detail.fields ?? []
    this.causes = detail.causes ?? []
    this.#said = detail.said
    this.retryAfterMs = detail.retryAfterMs
  }

  /** The API server's own sentence, only for whoever wrote something that holds no secret: it may quote all of it. */
  said(): string | undefined {
    return this.#said
  }
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  422: 'Invalid',
  429: 'TooManyRequests',
}

/** The error in a Status object, as the body of an answer or as an ERROR event of a watch. `code` wins over the body's own. */
export const statusError = (body: unknown, code?: number, retryAfterMs?: number): KubeError => {
  const parsed = Status.safeParse(body)
  const status = code ?? parsed.data?.code ?? 500
  const seconds = parsed.data?.details?.retryAfterSeconds
  return new KubeError({
    status,
    reason: parsed.data?.reason || (reasons[status] ?? (status >= 500 ? 'ServerFailed' : 'ClientError')),
    fields: (parsed.data?.details?.causes ?? []).flatMap(cause => cause.field ?? []),
    causes: (parsed.data?.details?.causes ?? []).flatMap(cause => cause.reason ?? []),
    said: parsed.data?.message,
    retryAfterMs: retryAfterMs ?? (seconds ? seconds * 1000 : undefined),
  })
}

const silences: Readonly<Record<string, Silence>> = {
  ECONNREFUSED: 'Refused',
  ECONNRESET: 'Reset',
  EPIPE: 'Reset',
  UND_ERR_SOCKET: 'Reset',
  UND_ERR_CLOSED: 'Reset',
  UND_ERR_DESTROYED: 'Reset',
  ETIMEDOUT: 'Timeout',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'TooLarge',
  UND_ERR_CONNECT_TIMEOUT: 'Timeout',
  UND_ERR_HEADERS_TIMEOUT: 'Timeout',
  UND_ERR_BODY_TIMEOUT: 'Timeout',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'Untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'Untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'Untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'Untrusted',
  CERT_SIGNATURE_FAILURE: 'Untrusted',
  CERT_HAS_EXPIRED: 'Untrusted',
  CERT_NOT_YET_VALID: 'Untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Untrusted',
}

const codeOf = (thrown: unknown): string => {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (typeof code === 'string') return code
  return thrown instanceof AggregateError ? codeOf(thrown.errors[0]) : ''
}

/** What the transport threw, as a KubeError with status 0. */
export const transportError = (thrown: unknown): KubeError =>
  thrown instanceof KubeError
    ? thrown
    : new KubeError({ status: 0, reason: silences[codeOf(thrown)] ?? 'Unreachable', cause: thrown })

/** The fault for a call that was to do `what` (`write Secret a/b`): no answer, 429 and 5xx are ClusterUnreachable, the rest ClusterRefused. */
export const clusterFault = (thrown: unknown, what: string): Fault => {
  if (thrown instanceof Fault) return thrown
  if (!(thrown instanceof KubeError)) return new Fault('Unexpected', 'a defect in Latchkey', { cause: thrown })
  const away = thrown.status === 0 || thrown.status === 429 || thrown.status >= 500
  return away
    ? new Fault(
        'ClusterUnreachable',
        `cannot ${what}: the API server does not answer as it should, ${thrown.message}`,
        {
          retryAfterMs: thrown.retryAfterMs,
          cause: thrown,
        },
      )
    : new Fault('ClusterRefused', `cannot ${what}: the API server answers ${thrown.message}`, {
        cause: thrown,
        // what can be missing where something is created or written is where it goes
        ...(thrown.status === 404 && { remedy: 'create the namespace' }),
      })
}
