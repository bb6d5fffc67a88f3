import type { AkeylessProvider, Identity } from '#api'
import { Fault, parseDuration } from '#core'
import { ambientFault } from './ambient.ts'
import { authorityOf } from './authority.ts'
import { defaultGateway } from './gateway.ts'
import { audienceNotes } from './login/audience.ts'
import { credentialsLogin, type Told } from './login/credentials.ts'
import { kubernetesLogin } from './login/kubernetes.ts'
import type { Context, SecretKey } from './login/selectors.ts'
import type { CredentialReader } from './ports.ts'
import type { Store } from './store.ts'

export interface IdentityDeps {
  readonly credentials: CredentialReader
  /** Hosts to which our own identity may go, as `gw.example.com` or `*.akeyless.io`. */
  readonly trustedGateways: readonly string[]
  /** Told where the token of a universal identity stands, by its fingerprint: its successor goes there. */
  readonly onToken?: ((fingerprint: string, at: SecretKey) => void) | undefined
}

/** Who a store logs in as, and what should be mended in its credentials though they work. */
export interface Resolved {
  readonly identity: Identity
  readonly notes: readonly string[]
}

const loginOf = async (context: Context, provider: AkeylessProvider): Promise<Told> => {
  const { kubernetesAuth } = provider.authSecretRef
  const told = kubernetesAuth
    ? { login: await kubernetesLogin(context, kubernetesAuth), notes: [] }
    : await credentialsLogin(context, provider)
  return { ...told, notes: [...told.notes, ...audienceNotes(told.login, !kubernetesAuth)] }
}

const retriesOf = ({ spec }: Store): Identity['retries'] => {
  const { maxRetries: max, retryInterval } = spec.retrySettings ?? {}
  if (max === undefined || max < 0) return undefined
  return { max, intervalMs: Math.max(0, parseDuration(retryInterval ?? '') ?? 0) }
}

const akeylessOf = ({ spec }: Store): AkeylessProvider => {
  if (spec.provider.akeyless) return spec.provider.akeyless
  const others = Object.keys(spec.provider).join(', ')
  throw new Fault('NotSupported', `Latchkey serves no provider ${others}`, {
    path: 'spec.provider',
    remedy: 'use akeyless, or give the store another class in spec.controller',
  })
}

/**
 * Who a store logs in as, and where: the Secrets, ConfigMaps and ServiceAccounts that it names, read now. `namespace` is the one
 * that the reading ExternalSecret lives in. Throws Fault with the place and the remedy, no value.
 */
export const resolveIdentity = async (
  store: Store,
  namespace: string,
  { credentials, trustedGateways, onToken }: IdentityDeps,
  signal: AbortSignal,
): Promise<Resolved> => {
  const provider = akeylessOf(store)
  const { login, notes, tokenAt } = await loginOf({ store, namespace, credentials, signal }, provider)
  const gateway = provider.akeylessGWApiURL || defaultGateway
  const bringsCa = store.kind === 'SecretStore' && Boolean(provider.caBundle || provider.caProvider)
  const denied = ambientFault(login, gateway, trustedGateways, bringsCa)
  if (denied) throw denied
  if (tokenAt && login.type === 'universal_identity') onToken?.(login.token.fingerprint(), tokenAt)
  const ca = await authorityOf(store, provider, namespace, credentials, signal)
  const retries = retriesOf(store)
  const identity = {
    gateway,
    ...(ca === undefined ? {} : { ca }),
    ignoreCache: provider.ignoreCache ?? false,
    login,
    ...(retries === undefined ? {} : { retries }),
  }
  return { identity, notes }
}
