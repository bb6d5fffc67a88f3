// The places on an AWS machine that hand out keys: IMDSv2, and the agent of ECS and EKS Pod Identity.
import { randomBytes } from 'node:crypto'
import { isMeant, type Reply, type Scope, serve } from './serve.ts'

export interface Keys {
  readonly id: string
  readonly secret: string
  readonly session: string
}

interface Instance {
  readonly keys: Keys
  /** Undefined: an instance without a profile. */
  readonly role?: string | undefined
  /** The session answer does not survive the hop into a pod. */
  readonly hopsAway?: boolean
  /** Asked by its own address. */
  readonly here?: boolean
  readonly now?: () => number
}

const document = ({ id, secret, session }: Keys, now: number) => ({
  Code: 'Success',
  Type: 'AWS-HMAC',
  LastUpdated: new Date(now).toISOString(),
  AccessKeyId: id,
  SecretAccessKey: secret,
  Token: session,
  Expiration: new Date(now + 6 * 3600e3).toISOString(),
})

/** IMDS that speaks version 2 alone. */
export const startAwsImds = (t: Scope, { keys, role, hopsAway = false, here = false, now = Date.now }: Instance) => {
  const sessions = new Set<string>()
  const below = '/latest/meta-data/iam/security-credentials/'
  return serve(t, ({ method, url, headers }): Reply | 'silence' => {
    if (headers['x-forwarded-for']) return { status: 403 }
    if (!isMeant(url.host, '169.254.169.254', here)) return { status: 404 }
    if (method === 'PUT' && url.pathname === '/latest/api/token') {
      if (hopsAway) return 'silence'
      const ttl = Number(headers['x-aws-ec2-metadata-token-ttl-seconds'])
      if (!(ttl >= 1 && ttl <= 21_600)) return { status: 400 }
      const session = randomBytes(40).toString('base64')
      sessions.add(session)
      return { headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(ttl) }, body: session }
    }
    if (!sessions.has(String(headers['x-aws-ec2-metadata-token']))) return { status: 401 }
    if (role === undefined) return { status: 404 }
    if (url.pathname === below) return { body: role }
    return url.pathname === below + role ? { body: document(keys, now()) } : { status: 404 }
  })
}

/** The agent: knows a pod by the token that was mounted into it. */
export const startAwsContainer = (t: Scope, keys: Keys, token: string | undefined, path: string) =>
  serve(t, ({ method, url, headers }) => {
    if (method !== 'GET' || url.pathname !== path) return { status: 404, body: 'canary-agent-words' }
    if (headers.authorization !== token) return { status: 401, body: 'canary-agent-words' }
    return { body: document(keys, Date.now()) }
  })
