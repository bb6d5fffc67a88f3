import { Sensitive } from '#core'
import { variable, type World } from '../world.ts'
import type { Client } from './entra.ts'

/** An application with a client secret in AZURE_CLIENT_SECRET; undefined where it is not set. */
export const bySecret = (world: World, tenant: string, id: string): Client | undefined => {
  const secret = variable(world, 'AZURE_CLIENT_SECRET')
  if (secret === undefined) return undefined
  return { tenant, id, proof: () => ({ client_secret: Sensitive.text(secret) }) }
}
