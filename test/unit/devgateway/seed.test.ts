import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { Fault } from '#core'
import { readSeed } from '#devgateway'
import { logIn, startGateway, testSeed } from '../../support/gateway.ts'

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
