import { createGateway, type Gateway, type GatewayOptions, type SeedInput } from '#devgateway'

/** What a test needs of tap's test object. */
interface Scope {
  teardown(end: () => Promise<void>): unknown
}

/** An identity with every right, one that reads /apps alone, and one with none; all log in with `accessKey`. */
export const identities = {
  admin: 'p-admin0admin0ab',
  reader: 'p-reader0readrab',
  stranger: 'p-nobody0nobdyab',
} as const
export const accessKey = 'test-access-key'

const all = ['read', 'list', 'create', 'update', 'delete'] as const

/** Items of every type below /apps and one outside it. */
export const testSeed = {
  identities: [
    { type: 'api_key', accessId: identities.admin, accessKey, rules: [{ path: '/*', allow: [...all] }] },
    { type: 'api_key', accessId: identities.reader, accessKey, rules: [{ path: '/apps/*', allow: ['read'] }] },
    { type: 'api_key', accessId: identities.stranger, accessKey },
  ],
  items: [
    { path: '/apps/db-username', type: 'STATIC_SECRET', value: 'demo' },
    { path: '/apps/db-password', type: 'STATIC_SECRET', value: 's3cr3t', versions: ['0ld', '0lder'] },
    {
      path: '/apps/config',
      type: 'STATIC_SECRET',
      format: 'json',
      value: '{"username":"demo","password":"s3cr3t","port":5432}',
      tags: ['config'],
    },
    { path: '/apps/dynamic', type: 'DYNAMIC_SECRET', ttlMinutes: 30 },
    { path: '/apps/rotated', type: 'ROTATED_SECRET', value: { username: 'root', password: 'r0tated' } },
    {
      path: '/apps/certificate',
      type: 'CERTIFICATE',
      certificate: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      key: '-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n',
    },
    { path: '/apps/key', type: 'CLASSIC_KEY' },
    { path: '/private/token', type: 'STATIC_SECRET', value: 'hidden' },
  ],
} as const satisfies SeedInput

/** A gateway on free ports, closed when the test ends. */
export const startGateway = async (
  t: Scope,
  seed: SeedInput = testSeed,
  options: Partial<Omit<GatewayOptions, 'seed'>> = {},
): Promise<Gateway> => {
  const gateway = await createGateway({ now: () => new Date(), ...options, seed })
  t.teardown(() => gateway.close())
  return gateway
}

/** One plain request: no retries, no types, the answer as it came. */
export const post = async (url: string, body?: unknown) => {
  const sent = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, { method: 'POST', ...(sent !== undefined && { body: sent }) })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}

/** Logs in and returns a caller that sends the token along. */
export const logIn = async (gateway: Gateway, accessId: string = identities.admin) => {
  const { body } = await post(`${gateway.url}/auth`, { 'access-id': accessId, 'access-key': accessKey })
  return (op: string, fields: object = {}) => post(`${gateway.url}/${op}`, { token: body.token, ...fields })
}
