import type { Login } from '#api'
import { Fault } from '#core'
import type { Said } from './said.ts'
import { accountOf, accountPath as path, unwatchedMs } from './service-account.ts'

const clientId = 'azure.workload.identity/client-id'
const tenantId = 'azure.workload.identity/tenant-id'

const missing = (what: string, remedy: string): Fault =>
  new Fault('CredentialMissing', what, { path, remedy, retryAfterMs: unwatchedMs })

/**
 * Without a ServiceAccount the identity of the machine, of which accessTypeParam may name one by object id; with one, the workload
 * identity that Azure federates with it (akeyless.md §4.3).
 */
export const azureLogin = async ({ context, accessId, word, account }: Said): Promise<Login> => {
  if (!account) return { type: 'azure_ad', accessId, ...(word === '' ? {} : { objectId: word }) }
  const serviceAccount = accountOf(context, account, path)
  const { namespace, name } = serviceAccount
  const found = await context.credentials.serviceAccount(namespace, name, context.signal)
  const place = `ServiceAccount ${namespace}/${name}`
  if (!found) throw missing(`${place} does not exist`, 'create it')
  const client = found.annotations.get(clientId) || word
  if (!client) {
    throw missing(`${place} has no annotation ${clientId}`, 'add it, or put the client id into accessTypeParam')
  }
  const tenant = found.annotations.get(tenantId)
  return {
    type: 'azure_ad',
    accessId,
    workload: { clientId: client, ...(tenant ? { tenantId: tenant } : {}), serviceAccount },
  }
}
