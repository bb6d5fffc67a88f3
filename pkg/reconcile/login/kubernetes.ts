import type { AkeylessProvider, Login } from '#api'
import { Fault } from '#core'
import { base, type Context, createFind, invalid, wordOf } from './selectors.ts'
import { tokenOf } from './service-account.ts'

type KubernetesAuth = NonNullable<AkeylessProvider['authSecretRef']['kubernetesAuth']>

const path = `${base}.kubernetesAuth`

const named = (text: string, field: string, remedy: string): string => {
  const word = text.trim()
  if (word !== '') return word
  throw new Fault('SpecInvalid', 'is empty', { path: `${path}.${field}`, remedy })
}

/**
 * Kubernetes auth without a credentials Secret: the token of a ServiceAccount, or one that a Secret holds, or our own
 * (akeyless.md §4.1; ESO promises the last in its documentation and has none). A ServiceAccount goes before a Secret, as in ESO.
 */
export const kubernetesLogin = async (context: Context, auth: KubernetesAuth): Promise<Login> => {
  const accessId = named(auth.accessID, 'accessID', 'write the access id of the auth method, as p-…')
  const config = named(auth.k8sConfName, 'k8sConfName', 'write the name of the Kubernetes auth config of the gateway')
  const { serviceAccountRef, secretRef } = auth
  if (serviceAccountRef || !secretRef) {
    return { type: 'k8s', accessId, config, token: tokenOf(context, serviceAccountRef, `${path}.serviceAccountRef`) }
  }
  const find = createFind(context)
  const found = await find({ ...secretRef, key: secretRef.key ?? 'token' }, `${path}.secretRef`)
  if (found instanceof Fault) throw found
  if (wordOf(found) === '') throw invalid(found, 'is empty', 'put the token of a ServiceAccount there')
  return { type: 'k8s', accessId, config, token: { from: 'secret', token: found.value } }
}
