import type { Login, ProjectedToken } from '#api'
import { Fault, type Sensitive } from '#core'

/**
 * What proves who we are, made at the moment of a login: the port to Kubernetes and to the clouds. Each throws Fault, or the
 * signal's reason; a Fault of theirs is no refused login and counts towards no lock-out.
 */
export interface Proofs {
  /** The JWT of a ServiceAccount. */
  projectedToken(token: Exclude<ProjectedToken, { from: 'secret' }>, signal: AbortSignal): Promise<Sensitive>
  /** The cloud-id: base64, as the wire wants it. */
  aws(signal: AbortSignal): Promise<Sensitive>
  /** The cloud-id: base64, as the wire wants it. */
  azure(
    of: Pick<Extract<Login, { type: 'azure_ad' }>, 'objectId' | 'workload'>,
    signal: AbortSignal,
  ): Promise<Sensitive>
  /** The cloud-id: base64, as the wire wants it. */
  gcp(audience: string, signal: AbortSignal): Promise<Sensitive>
}

const none = (what: string) => (): Promise<never> =>
  Promise.reject(new Fault('NotSupported', `there is no way to get ${what} here`, { remedy: 'log in with an API key' }))

/** For a client that is given no proofs: API keys and everything else that a Secret holds still log in. */
export const noProofs: Proofs = {
  projectedToken: none('a token of a ServiceAccount'),
  aws: none('an AWS identity'),
  azure: none('an Azure identity'),
  gcp: none('a Google identity'),
}
