import { isIPv4 } from 'node:net'
import type { Sensitive } from '#core'
import { objectIn, retryAfter } from '../answer.ts'
import { unavailable } from '../unavailable.ts'
import { fileOf, variable, type World } from '../world.ts'
import { keysInJson, type Source } from './keys.ts'

const who = 'the AWS container endpoint'
const ecs = 'http://169.254.170.2'

// ECS, and EKS Pod Identity in both families: what the SDKs of AWS call without TLS, loopback beside
const plainHosts = ['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]', 'localhost', '[::1]']

const mayBeCalled = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' ||
  (protocol === 'http:' && (plainHosts.includes(hostname) || (isIPv4(hostname) && hostname.startsWith('127.'))))

const parse = (url: string, base?: string): URL | undefined =>
  URL.canParse(url, base) ? new URL(url, base) : undefined

/** Where to ask; undefined where neither variable is set. */
const endpoint = (world: World): URL | undefined => {
  const relative = variable(world, 'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')
  if (relative) {
    const url = relative.startsWith('/') ? parse(relative, ecs) : undefined
    // a path of two slashes would be a host
    if (url?.origin === ecs) return url
    throw unavailable('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path', 'start it with one slash')
  }
  const full = variable(world, 'AWS_CONTAINER_CREDENTIALS_FULL_URI')
  if (!full) return undefined
  const url = parse(full)
  if (url && mayBeCalled(url)) return url
  throw unavailable(
    'AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is not asked for credentials',
    'use https, loopback, or the addresses of ECS and EKS',
  )
}

/** What proves to the endpoint which pod is asking: the file, which is renewed, goes before the variable. */
const authorization = async (world: World): Promise<string | Sensitive | undefined> => {
  const path = variable(world, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE')
  if (path) return fileOf(world, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', path)
  return variable(world, 'AWS_CONTAINER_AUTHORIZATION_TOKEN')
}

/** Keys from the agent of ECS or of EKS Pod Identity. */
export const container: Source = {
  name: 'container',
  async look(world, signal) {
    const url = endpoint(world)
    if (!url) return { why: 'AWS_CONTAINER_CREDENTIALS_FULL_URI is not set' }
    const token = await authorization(world)
    const headers = token === undefined ? {} : { authorization: token }
    const answer = await world.line({ who, method: 'GET', url: url.href, place: 'local', headers }, signal)
    if (answer.status !== 200) {
      const remedy = 'check the pod identity association of Latchkey’s ServiceAccount'
      throw unavailable(`${who} refuses with HTTP ${answer.status}`, remedy, retryAfter(answer))
    }
    return keysInJson(objectIn(answer, who), who)
  },
}
