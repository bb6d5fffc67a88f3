import type { AkeylessProvider } from '#api'
import { isPublicApi } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

type KubernetesAuth = NonNullable<AkeylessProvider['authSecretRef']['kubernetesAuth']>

const path = `${base}.authSecretRef.kubernetesAuth`

const blank = (field: string, remedy: string): Draft => ({ path: `${path}.${field}`, message: 'is empty', remedy })

const blanks = ({ accessID, k8sConfName, secretRef }: KubernetesAuth): Draft[] => [
  ...(accessID.trim() === '' ? [blank('accessID', 'write the access id of the auth method, as p-…')] : []),
  ...(k8sConfName.trim() === ''
    ? [blank('k8sConfName', 'write the name of the Kubernetes auth config of the gateway')]
    : []),
  ...(secretRef && !secretRef.name ? [blank('secretRef.name', 'name the Secret that holds the token')] : []),
]

const unusedSecret: Draft = {
  path: `${path}.secretRef`,
  message: 'is not used: kubernetesAuth has a serviceAccountRef too',
  remedy: 'remove one of them',
  level: 'warn',
}

const publicApi: Draft = {
  path: `${base}.akeylessGWApiURL`,
  message: 'names the public API, which reviews no tokens of a cluster: kubernetesAuth is likely to be refused there',
  remedy: 'name your own Gateway',
  level: 'warn',
}

export const kubernetesAuth: Rule<Store> = {
  id: 'kubernetes-auth',
  doc: 'kubernetesAuth has accessID, k8sConfName and a named Secret where it has one; two tokens, or no Gateway, are warned about.',
  warns: true,
  check: store => {
    const provider = akeyless(store)
    const auth = provider?.authSecretRef.kubernetesAuth
    if (!auth) return []
    const url = provider.akeylessGWApiURL
    return [
      ...blanks(auth),
      ...(auth.secretRef && auth.serviceAccountRef ? [unusedSecret] : []),
      ...(url === '' || isPublicApi(URL.parse(url)?.hostname ?? '') ? [publicApi] : []),
    ]
  },
}
