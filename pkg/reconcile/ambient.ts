import type { Login } from '#api'
import { Fault, never } from '#core'

/** Whether a login proves who this process is, and not who the store's owner is (decision 25). */
const isAmbient = (login: Login): boolean => {
  switch (login.type) {
    case 'aws_iam':
    case 'gcp':
      return true
    case 'azure_ad':
      return login.workload === undefined
    case 'k8s':
    case 'jwt':
      return login.token.from === 'own'
    case 'api_key':
    case 'universal_identity':
    case 'cert':
      return false
    default:
      return never(login)
  }
}

/** `*.akeyless.io` means every host below, and not the domain itself. */
const matches = (pattern: string, host: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1 : host === pattern

const hostOf = (gateway: URL | null): string => gateway?.hostname.toLowerCase().replace(/\.$/, '') ?? ''

/** Whether an administrator trusts the gateway, whatever is sent there. */
export const isTrusted = (gateway: string, trusted: readonly string[]): boolean => {
  const url = URL.parse(gateway)
  return url?.protocol === 'https:' && trusted.some(pattern => matches(pattern.toLowerCase(), hostOf(url)))
}

/** A host is trusted by its name, and who brings the CA decides who has that name. */
const ownCa = (login: Login): Fault =>
  new Fault(
    'AmbientDenied',
    `access type ${login.type} would send the identity of Latchkey itself, and the store brings a CA of its own`,
    {
      path: 'spec.provider.akeyless.authSecretRef',
      remedy: 'use a ClusterSecretStore, or have Latchkey trust the CA (NODE_EXTRA_CA_CERTS) and leave it out',
    },
  )

/**
 * Our own identity goes to gateways that an administrator trusts: a tenant who names a gateway could otherwise use it elsewhere in
 * our name (security.md T4), and so could one who brings its CA. `bringsCa`: a SecretStore does. Undefined where it may go.
 */
export const ambientFault = (
  login: Login,
  gateway: string,
  trusted: readonly string[],
  bringsCa = false,
): Fault | undefined => {
  if (!isAmbient(login)) return undefined
  if (isTrusted(gateway, trusted)) return bringsCa ? ownCa(login) : undefined
  const url = URL.parse(gateway)
  const why =
    url?.protocol === 'https:' ? `${hostOf(url)} is not a trusted gateway` : 'the gateway is not called by https'
  return new Fault(
    'AmbientDenied',
    `access type ${login.type} would send the identity of Latchkey itself, and ${why}`,
    {
      path: 'spec.provider.akeyless.akeylessGWApiURL',
      remedy: 'have the host added to --trusted-gateways, or log in with an identity of your own',
    },
  )
}
