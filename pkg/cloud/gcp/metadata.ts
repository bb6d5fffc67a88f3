import { Fault, Sensitive } from '#core'
import { retryAfter } from '../answer.ts'
import { endOf } from '../jwt.ts'
import { originIn } from '../origin.ts'
import { unavailable } from '../unavailable.ts'
import type { Lasting, World } from '../world.ts'

const who = 'the GCP metadata server'
const path = '/computeMetadata/v1/instance/service-accounts/default/identity'
const remedy =
  'bind the ServiceAccount of Latchkey to a Google service account, or mount a key file and set GOOGLE_APPLICATION_CREDENTIALS'

const ask = async (world: World, audience: string, signal: AbortSignal) => {
  const host = originIn(world, 'GCE_METADATA_HOST', 'http://metadata.google.internal')
  const query = new URLSearchParams({ audience, format: 'full' })
  const headers = { 'metadata-flavor': 'Google' }
  try {
    return await world.line({ who, method: 'GET', url: `${host}${path}?${query}`, place: 'local', headers }, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    if (!(thrown instanceof Fault)) throw thrown
    throw unavailable(`GOOGLE_APPLICATION_CREDENTIALS is not set, and ${thrown.message}`, remedy)
  }
}

/** An ID token of the service account of the pod or machine (akeyless.md §4.4). Throws IdentityUnavailable. */
export const fromMetadata = async (
  world: World,
  audience: string,
  signal: AbortSignal,
): Promise<Lasting<Sensitive>> => {
  const answer = await ask(world, audience, signal)
  // whoever answers for this name elsewhere does not say this
  if (answer.header('metadata-flavor') !== 'Google') throw unavailable(`${who} is not the one that answers`, remedy)
  if (answer.status !== 200) {
    const missing = answer.status === 404 ? ': there is no service account' : ''
    throw unavailable(`${who} gives no token${missing} (HTTP ${answer.status})`, remedy, retryAfter(answer))
  }
  const jwt = answer.body.toString('utf8').trim()
  const endsAt = endOf(jwt)
  if (endsAt === undefined) throw unavailable(`${who} answers with something that is no ID token`)
  return { value: Sensitive.text(jwt), endsAt }
}
