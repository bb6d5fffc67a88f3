import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { Fault } from '#core'
import { readSeed } from '#devgateway'
import { logIn, startGateway, testSeed } from '../../support/gateway.ts'
import { ways } from './ways.ts'

const problems = (text: string): string => {
  try {
    readSeed(text, 'items.yaml')
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.message
    throw thrown
  }
  return ''
}

t.test('the seed of the repository is good, as YAML and as JSON', async t => {
  const seed = readSeed(readFileSync(new URL('../../../dev/seeds/items.yaml', import.meta.url), 'utf8'))
  t.same(readSeed(JSON.stringify(seed)), seed)
  t.equal(seed.identities.length, 3)
  const types = new Set(seed.items.map(item => item.type))
  t.same([...types].sort(), ['CERTIFICATE', 'CLASSIC_KEY', 'DYNAMIC_SECRET', 'ROTATED_SECRET', 'STATIC_SECRET'])
})

t.test('the examples of logins are good, and there is one of each type', async t => {
  const seed = readSeed(readFileSync(new URL('../../../dev/seeds/logins.yaml', import.meta.url), 'utf8'))
  t.same(readSeed(JSON.stringify(seed)), seed)
  t.same(seed.identities.map(({ type }) => type).sort(), Object.keys(ways).sort())
  t.match(
    seed.identities.find(({ type }) => type === 'aws_iam'),
    { accounts: ['123456789012'] },
  )
})

t.test('every finding is told at once, with its path and without the value', async t => {
  const text = `
identities:
  - { type: api_key, accessId: nobody, accessKey: hunter2, rules: [{ path: /x, allow: [raed] }] }
items:
  - { path: relative, type: STATIC_SECRET, value: hunter2 }
  - { path: /a, type: STATIC_SECRET, value: hunter2, vlaue: hunter2 }
  - { path: /b, type: SECRET }
  - { path: /c, type: CERTIFICATE }
`
  const told = problems(text)
  for (const path of ['identities[0].accessId', 'identities[0].rules[0].allow[0]', 'items[0].path', 'items[1]'])
    t.match(told, `items.yaml: ${path}: `)
  for (const path of ['items[2].type', 'items[3].certificate']) t.match(told, `items.yaml: ${path}: `)
  t.notMatch(told, /hunter2/)
})

t.test('a path or an access id that appears twice is told', async t => {
  const item = { path: '/a', type: 'STATIC_SECRET', value: 'x' }
  const identity = testSeed.identities[0]
  const told = problems(JSON.stringify({ identities: [identity, identity], items: [item, item] }))
  t.match(told, /items\[1\]\.path: appears twice/)
  t.match(told, /identities\[1\]\.accessId: appears twice/)
})

t.test('a file that is no YAML is told by line and without its text', async t => {
  const told = problems('items:\n  - { path: /a, value: "hunter2\n')
  t.match(told, /^items\.yaml: line \d+: not valid YAML or JSON/)
  t.notMatch(told, /hunter2/)
})

t.test('a generated certificate fits its key, carries its names, and outlives a reset', async t => {
  const generate = { commonName: 'demo.example.com', dnsNames: ['www.example.com'], days: 10 }
  const now = new Date('2026-01-02T03:04:05Z')
  const items = [{ path: '/tls', type: 'CERTIFICATE' as const, generate }]
  const gateway = await startGateway(t, { identities: [...testSeed.identities], items }, { now: () => now })
  const read = async () => (await (await logIn(gateway))('get-certificate-value', { name: '/tls' })).body
  const pair = await read()
  const certificate = new X509Certificate(pair.certificate_pem)
  t.ok(certificate.checkPrivateKey(createPrivateKey(pair.private_key_pem)))
  t.equal(certificate.subject, 'CN=demo.example.com')
  t.equal(certificate.checkHost('www.example.com'), 'www.example.com')
  t.equal(certificate.validToDate.getTime() - certificate.validFromDate.getTime(), 10 * 24 * 3600e3)
  t.equal(certificate.validFromDate.toISOString(), '2026-01-02T03:04:05.000Z')
  gateway.reset()
  t.same(await read(), pair)
})

t.test('what an identity lacks is told by its field, and no part of a secret with it', async t => {
  const at = (text: string) => `{ accessId: p-123456789012, ${text} }`
  const cases = [
    {
      identity: at('type: kerberos'),
      says: /^identities\[0\]\.type: must be one of api_key, k8s, jwt, aws_iam, .*, cert$/,
    },
    { identity: at('type: k8s'), says: /^identities\[0\]\.config: / },
    {
      identity: at('type: k8s, config: main'),
      says: /^identities\[0\]\.config: names no entry of the section kubernetes$/,
    },
    { identity: at('type: aws_iam'), says: /^identities\[0\]\.type: needs a key pair in the section aws$/ },
    { identity: at('type: jwt, issuer: i'), says: /^identities\[0\]\.jwks: must be \{ keys: .* or \{ file: PATH \}$/ },
    { identity: at('type: jwt, issuer: i, jwks: { keys: [] }'), says: /^identities\[0\]\.jwks\.keys: / },
    {
      identity: at('type: jwt, issuer: i, jwks: { keys: [{ kty: oct, k: hunter2 }] }'),
      says: /^identities\[0\]\.jwks\.keys\[0\]: is not an RSA, EC or Ed25519 key as a JWK$/,
    },
    { identity: at('type: jwt, jwks: { file: x }'), says: /^identities\[0\]\.issuer: / },
    { identity: at('type: azure_ad, issuer: i, jwks: { file: x }, objectId: o'), says: /objectId/ },
    { identity: at('type: gcp, jwks: { file: x }, emails: one'), says: /^identities\[0\]\.emails: / },
    { identity: at('type: universal_identity, token: hunter2'), says: /^identities\[0\]\.token: must begin with u-$/ },
    {
      identity: at('type: cert, ca: hunter2'),
      says: /^identities\[0\]\.ca: must be a PEM certificate or \{ file: PATH \}$/,
    },
    { identity: at('type: cert'), says: /^identities\[0\]\.ca: must be the text itself or \{ file: PATH \}$/ },
    { identity: at('type: api_key, accessKey: hunter2, config: main'), says: /config/ },
  ]
  for (const { identity, says } of cases) {
    const told = problems(`identities:\n  - ${identity}\n`)
    t.match(told.replace('items.yaml: ', ''), says, identity)
    t.equal(told.split('\n').length, 1, told)
    t.notMatch(told, /hunter2/)
  }
})

t.test('clusters and key pairs are told alike', async t => {
  const told = problems(`
kubernetes:
  - { name: a, server: 'ldap://x', token: hunter2 }
  - { name: a, server: 'https://x', token: hunter2, ca: hunter2 }
aws:
  - { accessKeyId: one, secretAccessKey: hunter2, arn: 'arn:aws:s3:::bucket' }
`)
  for (const line of [
    /kubernetes\[0\]\.server: must be the URL/,
    /kubernetes\[1\]\.ca: must be a PEM/,
    /aws\[0\]\.arn: /,
  ])
    t.match(told, line)
  t.notMatch(told, /hunter2/)
  const twice = problems(`
kubernetes: [{ name: a, server: 'https://x', token: hunter2 }, { name: a, server: 'https://y', token: hunter2 }]
aws: [{ accessKeyId: one, secretAccessKey: hunter2 }, { accessKeyId: one, secretAccessKey: hunter2 }]
identities:
  - { type: universal_identity, accessId: p-123456789012, token: u-hunter2 }
  - { type: universal_identity, accessId: p-123456789013, token: u-hunter2 }
`)
  for (const line of [/kubernetes\[1\]\.name: appears twice: a/, /aws\[1\]\.accessKeyId: appears twice: one/])
    t.match(twice, line)
  t.match(twice, /identities\[1\]\.token: appears twice$/m)
  t.notMatch(twice, /hunter2/)
})
