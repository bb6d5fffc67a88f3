import type { Sensitive } from '#core'
import { objectIn, retryAfter } from '../answer.ts'
import type { Answer } from '../line.ts'
import { originIn } from '../origin.ts'
import { unavailable } from '../unavailable.ts'
import { type Lasting, variable, type World } from '../world.ts'
import { type AzureCloud, cloudInEnv, cloudNamed, publicCloud } from './clouds.ts'
import { accessToken } from './entra.ts'

const who = 'Azure IMDS'
const tries = 5

const ask = async (world: World, path: string, query: Readonly<Record<string, string>>, signal: AbortSignal) => {
  const host = originIn(world, 'AZURE_POD_IDENTITY_AUTHORITY_HOST', 'http://169.254.169.254')
  const url = `${host}/metadata${path}?${new URLSearchParams(query)}`
  const headers = { metadata: 'true', 'user-agent': 'AKEYLESS' }
  return world.line({ who, method: 'GET', url, place: 'local', headers }, signal)
}

/** The cloud that the machine says it stands in; the public one where it says nothing that we know. */
const cloudOfMachine = async (world: World, signal: AbortSignal): Promise<AzureCloud> => {
  const query = { 'api-version': '2021-02-01', format: 'text' }
  const answer = await ask(world, '/instance/compute/azEnvironment', query, signal)
  return (answer.status === 200 && cloudNamed(answer.body.toString('utf8'))) || publicCloud
}

// an identity that was just assigned is not found for a while; beyond that, what any service has on a bad day
const passes = (status: number): boolean => status === 404 || status === 410 || status === 429 || status >= 500

const refused = (answer: Answer) => {
  const missing = answer.status === 400 || answer.status === 404
  const what = `${who} gives no token${missing ? ': the machine has no such identity' : ''} (HTTP ${answer.status})`
  return unavailable(what, 'assign the managed identity to the nodes, or correct its object id', retryAfter(answer))
}

/**
 * A token of a managed identity of the machine: the one of this object id, else the one in AZURE_CLIENT_ID, else its only one
 * (akeyless.md §4.3). Tried five times with 1 to 5 seconds between, while the signal lets it.
 */
export const managed = async (
  world: World,
  objectId: string | undefined,
  signal: AbortSignal,
): Promise<Lasting<Sensitive>> => {
  const cloud = cloudInEnv(world) ?? (await cloudOfMachine(world, signal))
  const clientId = objectId === undefined ? variable(world, 'AZURE_CLIENT_ID') : undefined
  const query = {
    'api-version': '2018-02-01',
    resource: `${cloud.management}/`,
    ...(objectId !== undefined && { object_id: objectId }),
    ...(clientId !== undefined && { client_id: clientId }),
  }
  for (let attempt = 1; ; attempt++) {
    const askedAt = world.now()
    const answer = await ask(world, '/identity/oauth2/token', query, signal)
    if (answer.status === 200) return accessToken(objectIn(answer, who), askedAt, who)
    if (!passes(answer.status) || attempt > tries) throw refused(answer)
    await world.wait(attempt * 1000, signal)
  }
}
