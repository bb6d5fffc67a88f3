import { Fault, type Sensitive } from '#core'
import { unavailable } from '../unavailable.ts'
import { type Lasting, variable, type World } from '../world.ts'
import { byCertificate } from './certificate.ts'
import { askEntra } from './entra.ts'
import { managed } from './managed.ts'
import { bySecret } from './secret.ts'
import { byWorkload } from './workload.ts'

const proofs = ['AZURE_CLIENT_SECRET', 'AZURE_CLIENT_CERTIFICATE_PATH', 'AZURE_FEDERATED_TOKEN_FILE'] as const

const remedy = 'label the pod of Latchkey azure.workload.identity/use=true, or assign a managed identity to the nodes'

const managedOrNothing = async (world: World, signal: AbortSignal): Promise<Lasting<Sensitive>> => {
  try {
    return await managed(world, undefined, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof Fault)) throw thrown
    const unset = `${proofs.join(', ')} are not set`
    const what = `no Azure credentials are to be found (environment: ${unset}; managed identity: ${thrown.message})`
    throw unavailable(what, remedy, thrown.retryAfterMs)
  }
}

/** A token of our own Azure identity: client secret, certificate, workload identity, managed identity, in that order. */
export const ownToken = async (world: World, signal: AbortSignal): Promise<Lasting<Sensitive>> => {
  const given = proofs.find(name => variable(world, name) !== undefined)
  if (given === undefined) return managedOrNothing(world, signal)
  const tenant = variable(world, 'AZURE_TENANT_ID')
  const id = variable(world, 'AZURE_CLIENT_ID')
  if (!tenant || !id) {
    const missing = tenant ? 'AZURE_CLIENT_ID' : 'AZURE_TENANT_ID'
    throw unavailable(`${given} is set, ${missing} is not`, `set ${missing}`)
  }
  const client =
    bySecret(world, tenant, id) ?? (await byCertificate(world, tenant, id)) ?? (await byWorkload(world, tenant, id))
  return client ? askEntra(world, client, signal) : managedOrNothing(world, signal)
}
