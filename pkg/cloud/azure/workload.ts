import { fileOf, variable, type World } from '../world.ts'
import { assertion, type Client } from './entra.ts'

/** An application that trusts the token of our own ServiceAccount, in AZURE_FEDERATED_TOKEN_FILE; undefined where it is not set. */
export const byWorkload = async (world: World, tenant: string, id: string): Promise<Client | undefined> => {
  const path = variable(world, 'AZURE_FEDERATED_TOKEN_FILE')
  if (path === undefined) return undefined
  // the kubelet renews the file: it is read for every exchange
  const jwt = await fileOf(world, 'AZURE_FEDERATED_TOKEN_FILE', path)
  return { tenant, id, proof: () => assertion(jwt) }
}
