import type { Sensitive } from '#core'

/** Every accessType that ESO's manifests may name. */
export const accessTypes = ['api_key', 'access_key', 'k8s', 'aws_iam', 'azure_ad', 'gcp'] as const
export type AccessType = (typeof accessTypes)[number]

/** How to log in, with everything resolved: no reference to a Kubernetes object is left. */
export type Login = { readonly type: 'api_key'; readonly accessId: string; readonly accessKey: Sensitive }

/** Who reads from where: the unit of login, of batching and of caching. Values never cross from one identity to another. */
export interface Identity {
  /** Base URL as in akeylessGWApiURL, with the default filled in. */
  readonly gateway: string
  /** PEM certificates that replace the system's roots for this gateway. */
  readonly ca?: string
  /** Ask a gateway to bypass its own cache. */
  readonly ignoreCache: boolean
  readonly login: Login
}
