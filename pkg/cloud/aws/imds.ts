import { Fault, Sensitive } from '#core'
import { objectIn, tokenIn } from '../answer.ts'
import { originIn } from '../origin.ts'
import { unavailable } from '../unavailable.ts'
import { variable, type World } from '../world.ts'
import { keysInJson, type Looked, type Source } from './keys.ts'

const who = 'AWS IMDS'
const hostOf = (world: World): string => originIn(world, 'AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://169.254.169.254')
const roles = '/latest/meta-data/iam/security-credentials/'

// the answer to this request is dropped where it would have to cross one hop more than the instance allows
const hop =
  'allow two hops to the instance metadata of the node (HttpPutResponseHopLimit 2), or use IRSA or Pod Identity'

const session = async (world: World, signal: AbortSignal): Promise<Sensitive> => {
  const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '300' }
  const url = `${hostOf(world)}/latest/api/token`
  const call = { who, method: 'PUT', url, place: 'local', headers, withinMs: 3000 } as const
  const answer = await world.line(call, signal).catch(thrown => {
    throw thrown instanceof Fault ? unavailable(thrown.message, hop) : thrown
  })
  if (answer.status !== 200) throw unavailable(`${who} refuses a session with HTTP ${answer.status}`, hop)
  return Sensitive.text(tokenIn(answer.body.toString('utf8').trim(), who))
}

const ask = async (world: World, token: Sensitive, path: string, signal: AbortSignal) => {
  const headers = { 'x-aws-ec2-metadata-token': token }
  return world.line({ who, method: 'GET', url: hostOf(world) + path, place: 'local', headers }, signal)
}

const look = async (world: World, signal: AbortSignal): Promise<Looked> => {
  const token = await session(world, signal)
  const list = await ask(world, token, roles, signal)
  const [role = ''] = list.body.toString('utf8').split('\n')
  if (list.status === 404 || (list.status === 200 && role.trim() === '')) {
    return { why: 'the instance has no role', remedy: 'attach an instance profile, or use IRSA or Pod Identity' }
  }
  if (list.status !== 200) throw unavailable(`${who} refuses with HTTP ${list.status}`)
  if (!/^[\w+=,.@-]{1,64}$/.test(role.trim())) throw unavailable(`${who} answers with something that is no role`)
  const answer = await ask(world, token, roles + encodeURIComponent(role.trim()), signal)
  if (answer.status !== 200) throw unavailable(`${who} refuses with HTTP ${answer.status}`)
  return keysInJson(objectIn(answer, who), who)
}

/** Keys of the role of the EC2 instance, by the session-oriented second version of its metadata service alone. */
export const imds: Source = {
  name: 'instance metadata',
  async look(world, signal) {
    if (variable(world, 'AWS_EC2_METADATA_DISABLED')?.toLowerCase() === 'true') {
      return { why: 'AWS_EC2_METADATA_DISABLED is true' }
    }
    try {
      return await look(world, signal)
    } catch (thrown) {
      signal.throwIfAborted()
      // nobody said that this is an instance: its silence is one more place without keys
      if (thrown instanceof Fault) return { why: thrown.message, remedy: thrown.remedy }
      throw thrown
    }
  },
}
