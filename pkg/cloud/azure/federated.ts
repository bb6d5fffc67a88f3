import type { Sensitive } from '#core'
import { unavailable } from '../unavailable.ts'
import { type Lasting, variable, type World } from '../world.ts'
import { askEntra, assertion } from './entra.ts'

/** The audience that Azure wants in a token of a ServiceAccount. */
const exchangeAudience = 'api://AzureADTokenExchange'

/** An application that trusts the tokens of a ServiceAccount of the cluster. */
export interface Workload {
  readonly clientId: string
  /** That of AZURE_TENANT_ID where absent. */
  readonly tenantId?: string | undefined
  readonly serviceAccount: {
    readonly namespace: string
    readonly name: string
    readonly audiences: readonly string[]
  }
}

/** Asks the cluster for a token of a ServiceAccount; throws Fault. */
export type ProjectedToken = (
  of: { readonly from: 'service-account' } & Workload['serviceAccount'],
  signal: AbortSignal,
) => Promise<Sensitive>

/** The token of a ServiceAccount, exchanged for one of the application (akeyless.md §4.3). */
export const federated = async (
  world: World,
  projectedToken: ProjectedToken,
  { clientId, tenantId, serviceAccount }: Workload,
  signal: AbortSignal,
): Promise<Lasting<Sensitive>> => {
  const tenant = tenantId ?? variable(world, 'AZURE_TENANT_ID')
  if (!tenant) {
    const annotation = 'annotate the ServiceAccount with azure.workload.identity/tenant-id'
    throw unavailable('no Azure tenant id is given', `${annotation}, or set AZURE_TENANT_ID`)
  }
  const audiences = [...new Set([...serviceAccount.audiences, exchangeAudience])]
  const jwt = await projectedToken({ from: 'service-account', ...serviceAccount, audiences }, signal)
  return askEntra(world, { tenant, id: clientId, proof: () => assertion(jwt) }, signal)
}
