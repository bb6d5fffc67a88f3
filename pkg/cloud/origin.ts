import { unavailable } from './unavailable.ts'
import { variable, type World } from './world.ts'

/**
 * Where a service of the machine is: where this variable says, which the SDKs of that cloud read too, else where it usually is. A
 * host alone is one that is called without TLS. Throws IdentityUnavailable where the text is no host.
 */
export const originIn = (world: Pick<World, 'env'>, name: string, usual: string): string => {
  const text = variable(world, name)
  if (text === undefined) return usual
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  const isHost = url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (isHost) return url.origin
  throw unavailable(`${name} names no host`, `write it as ${usual}, or leave it out`)
}
