// Every type of identity with what logs it in and what does not.
import type { SeedInput } from '#devgateway'
import type { IdentityType } from '../../../pkg/devgateway/identity.ts'
import { base64, certificates, cloudId, issuer, mint, now, reviewer } from './proofs.ts'

interface Attempt {
  readonly name: string
  readonly fields: object
  /** Milliseconds on the gateway's clock before the login. */
  readonly later?: number
}

export interface Way {
  readonly accessId: string
  readonly accessType: string
  readonly good: readonly Attempt[]
  /** Somebody else's proof, or none at all. */
  readonly wrong: readonly Attempt[]
  /** Rightly signed, and too old or too young. */
  readonly expired: readonly Attempt[]
  /** Rightly signed, and for somebody whom the identity does not admit. */
  readonly unbound: readonly Attempt[]
  readonly malformed: readonly Attempt[]
  /** 400. */
  readonly missing: readonly Attempt[]
}

const minute = 60e3
const rules = [{ path: '/apps/*', allow: ['read'] }] as const
const attempt = (name: string, fields: object, later = 0): Attempt => ({ name, fields, later })

const [ours, theirs] = [issuer('one'), issuer('one')]
const seconds = now.getTime() / 1000
const unsigned = (token: string) => `${token.split('.').slice(0, 2).join('.')}.`

/** The judgements that every signed token has to pass, whatever field carries it. */
const tokens = (claims: object, wrap: (token: string) => object) => ({
  wrong: [
    attempt('signed by another key of the same name', wrap(mint(theirs.privateKey, claims))),
    attempt('a key that is not in the set', wrap(mint(ours.privateKey, claims, { kid: 'two' }))),
    attempt('another issuer', wrap(mint(ours.privateKey, { ...claims, iss: 'https://other.example' }))),
    attempt('another audience', wrap(mint(ours.privateKey, { ...claims, aud: ['other'] }))),
    attempt('no audience', wrap(mint(ours.privateKey, { ...claims, aud: undefined }))),
    attempt('algorithm none', wrap(`${unsigned(mint(ours.privateKey, claims, { alg: 'none' }))}AA`)),
    attempt('a symmetric algorithm', wrap(mint(ours.privateKey, claims, { alg: 'HS256' }))),
    attempt('an extension that must be understood', wrap(mint(ours.privateKey, claims, { crit: ['x'] }))),
  ],
  expired: [
    attempt('its time is over', wrap(mint(ours.privateKey, claims)), 10 * minute),
    attempt('its time has not come', wrap(mint(ours.privateKey, { ...claims, nbf: seconds + 1 }))),
    attempt('it has no end', wrap(mint(ours.privateKey, { ...claims, exp: undefined }))),
  ],
  malformed: [
    attempt('no token', wrap('canary-no-token')),
    attempt('without signature', wrap(unsigned(mint(ours.privateKey, claims)))),
    attempt('a payload that is no JSON', wrap(`${mint(ours.privateKey, claims).split('.')[0]}.eA.eA`)),
  ],
})

const cloud = (token: string) => ({ 'cloud-id': base64(token) })
const noCloudId = [
  attempt('no cloud-id', {}),
  attempt('a number', { 'cloud-id': 1 }),
  attempt('empty', { 'cloud-id': '' }),
]

const apiKey: Way = {
  accessId: 'p-apikey0apikyab',
  accessType: 'access_key',
  good: [attempt('the key', { 'access-key': 'canary-access-key' })],
  wrong: [attempt('another key', { 'access-key': 'canary-access-kex' })],
  expired: [],
  unbound: [],
  malformed: [],
  missing: [attempt('no key', {}), attempt('empty', { 'access-key': '' })],
}

const jwtClaims = { iss: 'https://issuer.example', aud: 'akeyless', sub: 'app', team: ['blue'] }
const raw = (jwt: string) => ({ jwt })
const jwt: Way = {
  accessId: 'p-jwtjwt0jwtjwob',
  accessType: 'jwt',
  good: [
    attempt('one audience', raw(mint(ours.privateKey, jwtClaims))),
    attempt('several audiences', raw(mint(ours.privateKey, { ...jwtClaims, aud: ['x', 'akeyless'] }))),
    attempt('as oidc', { ...raw(mint(ours.privateKey, jwtClaims)), 'access-type': 'oidc' }),
    attempt('without the name of its key', raw(mint(ours.privateKey, jwtClaims, { kid: undefined }))),
    attempt('just in time', raw(mint(ours.privateKey, jwtClaims)), 10 * minute - 1),
  ],
  ...tokens(jwtClaims, raw),
  unbound: [
    attempt('another value', raw(mint(ours.privateKey, { ...jwtClaims, team: ['red'] }))),
    attempt('no such claim', raw(mint(ours.privateKey, { ...jwtClaims, team: undefined }))),
  ],
  missing: [attempt('no jwt', { 'cloud-id': 'x' }), attempt('a list', { jwt: ['x'] })],
}

const azureClaims = { iss: 'https://sts.windows.net/t1/', aud: 'https://management.azure.com/', tid: 't1', oid: 'o1' }
const azure: Way = {
  accessId: 'p-azure00azurezb',
  accessType: 'azure_ad',
  good: [attempt('an access token', cloud(mint(ours.privateKey, azureClaims)))],
  ...tokens(azureClaims, cloud),
  unbound: [
    attempt('another object id', cloud(mint(ours.privateKey, { ...azureClaims, oid: 'o2' }))),
    attempt('no object id', cloud(mint(ours.privateKey, { ...azureClaims, oid: undefined }))),
    attempt('another tenant', cloud(mint(ours.privateKey, { ...azureClaims, tid: 't2' }))),
  ],
  malformed: [
    ...tokens(azureClaims, cloud).malformed,
    attempt('not in base64', { 'cloud-id': mint(ours.privateKey, azureClaims) }),
  ],
  missing: noCloudId,
}

const gcpClaims = {
  iss: 'https://accounts.google.com',
  aud: 'akeyless.io',
  email: 'app@p.iam.gserviceaccount.com',
  email_verified: true,
}
const gcp: Way = {
  accessId: 'p-gcpgcp0gcpgcgb',
  accessType: 'gcp',
  good: [attempt('an ID token', { ...cloud(mint(ours.privateKey, gcpClaims)), 'gcp-audience': 'whatever' })],
  ...tokens(gcpClaims, cloud),
  unbound: [
    attempt('another account', cloud(mint(ours.privateKey, { ...gcpClaims, email: 'b@p.iam.gserviceaccount.com' }))),
    attempt('an address that is not verified', cloud(mint(ours.privateKey, { ...gcpClaims, email_verified: false }))),
  ],
  malformed: [
    ...tokens(gcpClaims, cloud).malformed,
    attempt('not in base64', { 'cloud-id': mint(ours.privateKey, gcpClaims) }),
  ],
  missing: noCloudId,
}

const aws = (call: Parameters<typeof cloudId>[0]) => ({ 'cloud-id': cloudId(call) })
const awsIam: Way = {
  accessId: 'p-awsaws0awsawwb',
  accessType: 'aws_iam',
  good: [
    attempt('a key pair', aws({})),
    attempt('a temporary key pair', aws({ id: 'ASIATEMP', session: 'SESSTOK' })),
    attempt('a regional endpoint', aws({ region: 'eu-central-1' })),
    attempt('fifteen minutes old', aws({}), 15 * minute),
  ],
  wrong: [
    attempt('another secret', aws({ secret: 'canary-secret' })),
    attempt('an id that nobody has', aws({ id: 'AKIDOTHER' })),
    attempt('a temporary id without its session', aws({ id: 'ASIATEMP' })),
    attempt('a temporary id with another session', aws({ id: 'ASIATEMP', session: 'canary-session' })),
    attempt('a session that the key has not', aws({ session: 'SESSTOK' })),
    attempt('another host', aws({ host: 'sts.example.com' })),
    attempt('a host that looks alike', aws({ host: 'sts.amazonaws.com.example.com' })),
    attempt('a host that was not signed for', aws({ said: { url: 'https://sts.us-east-1.amazonaws.com/' } })),
    attempt('plain http', aws({ said: { url: 'http://sts.amazonaws.com/' } })),
    attempt('the endpoint of another region', aws({ region: 'eu-west-1', host: 'sts.us-east-2.amazonaws.com' })),
    attempt('another service', aws({ service: 'iam' })),
    attempt('another question', aws({ body: 'Action=AssumeRole&Version=2011-06-15&RoleArn=x' })),
    attempt('a question that was not signed', aws({ said: { body: 'Action=GetSessionToken&Version=2011-06-15' } })),
    attempt('another length', aws({ length: 44 })),
    attempt('the host is not signed', aws({ without: 'host' })),
    attempt('the date is not signed', aws({ without: 'x-amz-date' })),
  ],
  expired: [
    attempt('over fifteen minutes old', aws({}), 15 * minute + 1),
    attempt('over fifteen minutes ahead', aws({ date: '20261121T195222Z' })),
    attempt('no date', aws({ date: '20261121' })),
    attempt('signed with the key of another day', aws({ day: '20261120' })),
  ],
  unbound: [attempt('an ARN that is not bound', aws({ id: 'AKIDSTRANGER' }))],
  malformed: [
    attempt('no base64', { 'cloud-id': 'canary-%' }),
    attempt('no JSON', cloud('canary-no-json')),
    attempt('JSON of another kind', cloud('{"sts_request_method":"POST"}')),
    attempt('a list', cloud('[]')),
  ],
  missing: noCloudId,
}

const universal: Way = {
  accessId: 'p-uiduid0uiduiub',
  accessType: 'universal_identity',
  good: [
    attempt('the token', { 'uid-token': 'u-canary-uid' }),
    attempt('the token alone', { 'uid-token': 'u-canary-uid', 'access-id': null }),
    attempt('just in time', { 'uid-token': 'u-canary-uid' }, 60 * minute - 1),
  ],
  wrong: [
    attempt('another token', { 'uid-token': 'u-canary-other' }),
    attempt('somebody else’s token', { 'uid-token': 'u-canary-neighbour' }),
  ],
  expired: [attempt('not rotated in time', { 'uid-token': 'u-canary-uid' }, 60 * minute)],
  unbound: [],
  malformed: [attempt('not a u- token', { 'uid-token': 'constructor' })],
  missing: [attempt('no token', {}), attempt('empty', { 'uid-token': '' })],
}

const pairs = await certificates()
const pem = ({ cert, key }: { cert: string; key: string }) => ({ 'cert-data': base64(cert), 'key-data': base64(key) })
const cert: Way = {
  accessId: 'p-certce0certceb',
  accessType: 'cert',
  good: [attempt('a certificate with its key', pem(pairs.good))],
  wrong: [
    attempt('of another CA with the same name', pem(pairs.impostor)),
    attempt('another key', pem({ cert: pairs.good.cert, key: pairs.other.key })),
    attempt('not signed by the CA whose name it carries', pem(pairs.forged)),
    attempt('the CA in place of a certificate', pem({ cert: pairs.ca, key: pairs.good.key })),
  ],
  expired: [
    attempt('its time is over', pem(pairs.good), 90 * 24 * 60 * minute),
    attempt('its time has not come', pem(pairs.good), -61 * minute),
  ],
  unbound: [attempt('another DNS name', pem(pairs.other))],
  malformed: [
    attempt('not in base64', { 'cert-data': pairs.good.cert, 'key-data': pairs.good.key }),
    attempt('no certificate', { ...pem(pairs.good), 'cert-data': base64('canary-no-pem') }),
    attempt('no key', { ...pem(pairs.good), 'key-data': base64('canary-no-pem') }),
  ],
  missing: [
    attempt('no certificate', { 'key-data': base64(pairs.good.key) }),
    attempt('no key', { 'cert-data': base64(pairs.good.cert) }),
  ],
}

const account = (sub: string, aud?: string[]) => mint(ours.privateKey, { sub, aud })
const serviceAccount = {
  good: account('good', ['akeyless']),
  both: account('both', ['akeyless', 'kubernetes']),
  audience: account('audience', ['vault']),
  namespace: account('namespace', ['akeyless']),
  name: account('name', ['akeyless']),
  user: account('user', ['akeyless']),
  denied: account('denied', ['akeyless']),
  unaware: account('unaware', ['akeyless']),
  foreign: account('foreign', ['akeyless']),
}
const user = (namespace: string, name: string) => `system:serviceaccount:${namespace}:${name}`
const accounts = new Map([
  [serviceAccount.good, { username: user('apps', 'reader'), audiences: ['akeyless'] }],
  [serviceAccount.both, { username: user('apps', 'reader'), audiences: ['akeyless', 'kubernetes'] }],
  [serviceAccount.audience, { username: user('apps', 'reader'), audiences: ['vault'] }],
  [serviceAccount.namespace, { username: user('other', 'reader'), audiences: ['akeyless'] }],
  [serviceAccount.name, { username: user('apps', 'other'), audiences: ['akeyless'] }],
  [serviceAccount.denied, { username: user('apps', 'reader'), audiences: ['akeyless'], odd: { authenticated: false } }],
  [serviceAccount.unaware, { username: user('apps', 'reader'), audiences: ['akeyless'], odd: { audiences: [] } }],
  [serviceAccount.user, { username: 'kubernetes-admin', audiences: ['akeyless'] }],
])
const k8sFields = (token: string, config = 'main') => ({
  'k8s-auth-config-name': config,
  'k8s-service-account-token': token,
})
const inCluster = (token: string, config?: string) => k8sFields(base64(token), config)
const k8s: Way = {
  accessId: 'p-k8sk8s0k8sk8kb',
  accessType: 'k8s',
  good: [
    attempt('in base64', inCluster(serviceAccount.good)),
    attempt('as it is', k8sFields(serviceAccount.good)),
    attempt('with a line end', inCluster(`${serviceAccount.good}\n`)),
    attempt('with one more audience', inCluster(serviceAccount.both)),
  ],
  wrong: [
    attempt('a foreign cluster', inCluster(serviceAccount.foreign)),
    attempt('a configuration that is not there', inCluster(serviceAccount.good, 'canary-config')),
    attempt('the configuration of another identity', inCluster(serviceAccount.good, 'broken')),
    attempt('a token that is named but not believed', inCluster(serviceAccount.denied)),
    attempt('an API server that looks at no audience', inCluster(serviceAccount.unaware)),
    attempt('a user that is no ServiceAccount', inCluster(serviceAccount.user)),
  ],
  // the API server's clock decides; test/live/gateway-login.test.ts asks a real one
  expired: [],
  unbound: [
    attempt('another namespace', inCluster(serviceAccount.namespace)),
    attempt('another ServiceAccount', inCluster(serviceAccount.name)),
    attempt('another audience', inCluster(serviceAccount.audience)),
  ],
  malformed: [attempt('no token', inCluster('canary-token')), attempt('no base64', k8sFields('canary-%'))],
  missing: [
    attempt('no token', { 'k8s-auth-config-name': 'main' }),
    attempt('no configuration', { 'k8s-service-account-token': base64(serviceAccount.good) }),
  ],
}

export const ways = {
  api_key: apiKey,
  k8s,
  jwt,
  aws_iam: awsIam,
  azure_ad: azure,
  gcp,
  universal_identity: universal,
  cert,
} satisfies Record<IdentityType, Way>

export const others = { anyAudience: 'p-anyany0anyanyb', broken: 'p-broken0brokekb' }
export const k8sTokens = { serviceAccount, inCluster }

/** A seed with one identity of each type, and the API server that reviews for it. */
export const seedOfAll = async (t: { teardown(fn: () => unknown): unknown }) => {
  const { url, asked } = await reviewer(t, accounts)
  const jwks = { keys: [ours.jwk] }
  const common = (type: IdentityType) => ({
    accessId: ways[type].accessId,
    rules: [{ ...rules[0], allow: [...rules[0].allow] }],
  })
  const seed: SeedInput = {
    kubernetes: [
      { name: 'main', server: url, token: 'reviewer-token' },
      { name: 'broken', server: url, token: 'canary-wrong-reviewer' },
    ],
    aws: [
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI' },
      {
        accessKeyId: 'ASIATEMP',
        secretAccessKey: 'wJalrXUtnFEMI',
        sessionToken: 'SESSTOK',
        arn: 'arn:aws:sts::123456789012:assumed-role/dev/session-1',
      },
      { accessKeyId: 'AKIDSTRANGER', secretAccessKey: 'wJalrXUtnFEMI', arn: 'arn:aws:iam::123456789012:user/stranger' },
    ],
    identities: [
      { ...common('api_key'), type: 'api_key', accessKey: 'canary-access-key' },
      {
        ...common('k8s'),
        type: 'k8s',
        config: 'main',
        namespaces: ['apps'],
        serviceAccounts: ['reader'],
        audiences: ['akeyless'],
      },
      { type: 'k8s', accessId: others.anyAudience, config: 'main' },
      { type: 'k8s', accessId: others.broken, config: 'broken' },
      {
        ...common('jwt'),
        type: 'jwt',
        jwks,
        issuer: jwtClaims.iss,
        audiences: ['akeyless'],
        boundClaims: { team: ['blue'] },
      },
      {
        ...common('aws_iam'),
        type: 'aws_iam',
        arns: ['arn:aws:iam::123456789012:user/dev', 'arn:aws:sts::123456789012:assumed-role/dev/session-1'],
      },
      { ...common('azure_ad'), type: 'azure_ad', jwks, issuer: azureClaims.iss, objectIds: ['o1'], tenantIds: ['t1'] },
      { ...common('gcp'), type: 'gcp', jwks, emails: ['app@p.iam.gserviceaccount.com'] },
      { ...common('universal_identity'), type: 'universal_identity', token: 'u-canary-uid' },
      { type: 'universal_identity', accessId: 'p-uiduid0neighub', token: 'u-canary-neighbour' },
      { ...common('cert'), type: 'cert', ca: pairs.ca, dnsNames: ['app.example.com'] },
    ],
    items: [{ path: '/apps/one', type: 'STATIC_SECRET', value: 'canary-value' }],
  }
  return { seed, asked }
}
