import type { Sensitive } from '#core'

/** Every accessType that a manifest may name: ESO's six, and three that Akeyless has besides. */
export const accessTypes = [
  'api_key',
  'access_key',
  'k8s',
  'aws_iam',
  'azure_ad',
  'gcp',
  'jwt',
  'universal_identity',
  'cert',
] as const
export type AccessType = (typeof accessTypes)[number]

/** Where a ServiceAccount's JWT comes from: asked for at each login, or held in a Secret. */
export type ProjectedToken =
  /** Of any ServiceAccount, by TokenRequest or from its legacy token Secret. No audiences: the API server's own. */
  | {
      readonly from: 'service-account'
      readonly namespace: string
      readonly name: string
      readonly audiences: readonly string[]
    }
  /** Of this process itself. */
  | { readonly from: 'own'; readonly audiences: readonly string[] }
  | { readonly from: 'secret'; readonly token: Sensitive }

/** A ServiceAccount that Azure trusts in place of a client secret. */
export interface AzureWorkload {
  readonly clientId: string
  /** The environment's where absent. */
  readonly tenantId?: string
  readonly serviceAccount: {
    readonly namespace: string
    readonly name: string
    /** Beside the one that Azure asks for. */
    readonly audiences: readonly string[]
  }
}

/**
 * How to log in, with everything resolved: no reference to a Kubernetes object is left but to ServiceAccounts, whose tokens live for
 * minutes (akeyless.md §4).
 */
export type Login =
  | { readonly type: 'api_key'; readonly accessId: string; readonly accessKey: Sensitive }
  | { readonly type: 'k8s'; readonly accessId: string; readonly config: string; readonly token: ProjectedToken }
  | { readonly type: 'jwt'; readonly accessId: string; readonly token: ProjectedToken }
  | { readonly type: 'aws_iam'; readonly accessId: string }
  | {
      readonly type: 'azure_ad'
      readonly accessId: string
      /** Of a managed identity; the machine's own where absent. */
      readonly objectId?: string
      readonly workload?: AzureWorkload
    }
  | { readonly type: 'gcp'; readonly accessId: string; readonly audience: string }
  | { readonly type: 'universal_identity'; readonly accessId?: string; readonly token: Sensitive }
  /** PEM of a certificate and its key. */
  | { readonly type: 'cert'; readonly accessId: string; readonly certificate: Sensitive; readonly key: Sensitive }

/** Who reads from where: the unit of login, of batching and of caching. Values never cross from one identity to another. */
export interface Identity {
  /** Base URL as in akeylessGWApiURL, with the default filled in. */
  readonly gateway: string
  /** PEM certificates that replace the system's roots for this gateway. */
  readonly ca?: string
  /** Ask a gateway to bypass its own cache. */
  readonly ignoreCache: boolean
  readonly login: Login
  /**
   * retrySettings of the store: tries after the first (10 at most) and the pause before each (100 ms at least), for calls that do no
   * harm twice. The client's own where absent.
   */
  readonly retries?: { readonly max: number; readonly intervalMs: number }
}
