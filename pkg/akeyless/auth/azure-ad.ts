import type { AuthType, Logins } from './type.ts'

/** An access token of Entra ID, of the machine or of a ServiceAccount that Azure trusts (akeyless.md §4.3). */
export const azureAd: AuthType<Logins['azure_ad']> = {
  op: 'auth',
  fields: async (login, proofs, signal) => ({
    'access-type': 'azure_ad',
    'access-id': login.accessId,
    'cloud-id': await proofs.azure(login, signal),
  }),
  traits: ({ accessId, objectId = null, workload }) => {
    if (!workload) return [accessId, objectId]
    const { clientId, tenantId = null, serviceAccount: account } = workload
    return [accessId, objectId, clientId, tenantId, account.namespace, account.name, account.audiences]
  },
}
