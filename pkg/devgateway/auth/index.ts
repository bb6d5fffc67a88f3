import { z } from 'zod'
import type { World } from '../desk.ts'
import type { IdentityType } from '../identity.ts'
import { type Body, open } from '../operation.ts'
import { badRequest, blocked, loginRefused } from '../refusal.ts'
import { goTime } from '../view.ts'
import { accessKey } from './access-key.ts'
import { aws } from './aws.ts'
import { azure } from './azure.ts'
import { certificate } from './certificate.ts'
import { gcp } from './gcp.ts'
import { jwt } from './jwt.ts'
import { kubernetes } from './kubernetes.ts'
import type { Proof } from './proof.ts'
import { universalIdentity } from './universal-identity.ts'

interface Way<T extends IdentityType> {
  readonly proof: Proof<T>
  /** Access types that ask for it on the wire. akeyless.md §4 */
  readonly names: readonly string[]
}

/** How each type of identity logs in: one file each. */
const ways = {
  api_key: { proof: accessKey, names: ['access_key'] },
  k8s: { proof: kubernetes, names: ['k8s'] },
  jwt: { proof: jwt, names: ['jwt', 'oidc'] },
  aws_iam: { proof: aws, names: ['aws_iam'] },
  azure_ad: { proof: azure, names: ['azure_ad'] },
  gcp: { proof: gcp, names: ['gcp'] },
  universal_identity: { proof: universalIdentity, names: ['universal_identity'] },
  cert: { proof: certificate, names: ['cert'] },
} as const satisfies { readonly [T in IdentityType]: Way<T> }

const proofs = new Map(
  Object.values<Way<IdentityType>>(ways).flatMap(({ proof, names }) => names.map(name => [name, proof] as const)),
)

const Login = z.looseObject({
  'access-id': z.string().min(1).optional(),
  'access-type': z.string().default('access_key'),
})

/** Whose login it is. A universal identity token says so by itself; every other proof needs the access id. */
const accessIdOf = (world: World, body: Body & z.output<typeof Login>): string | undefined => {
  const { 'access-id': accessId, 'access-type': type, 'uid-token': uidToken } = body
  if (accessId !== undefined) return accessId
  if (type !== 'universal_identity') throw badRequest('missing or invalid parameter - access-id')
  return typeof uidToken === 'string' ? world.uidTokens.find(uidToken)?.identity.accessId : undefined
}

const login = async (world: World, body: Body & z.output<typeof Login>): Promise<unknown> => {
  const check = proofs.get(body['access-type'])?.read(body)
  if (!check) throw badRequest('unsupported access-type')
  const accessId = accessIdOf(world, body)
  const identity = world.identities.get(accessId ?? '')
  if (!identity) throw loginRefused()
  if (world.sessions.blocked(identity.accessId)) throw blocked(identity.accessId)
  const claims = await check(identity, world)
  if (!claims) {
    world.sessions.failed(identity.accessId)
    throw loginRefused()
  }
  const { token, expires } = world.sessions.open(identity, claims)
  return { token, expiration: goTime(expires) }
}

export const auth = open(Login, login)

export const validateToken = open(z.object({ token: z.string() }), ({ sessions, uidTokens, now }, { token }) => {
  const session = sessions.find(token) ?? uidTokens.find(token)
  if (!session) return { is_valid: false, reason: 'token is not known' }
  if (sessions.expired(session))
    return { is_valid: false, expiration: goTime(session.expires), reason: 'token expired' }
  const ttl = Math.floor((session.expires.getTime() - now().getTime()) / 1000)
  return { is_valid: true, expiration: goTime(session.expires), ttl, last_rotate: '' }
})
