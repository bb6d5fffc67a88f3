import { constants, generateKeyPairSync, sign } from 'node:crypto'
import t from 'tap'
import { partJws, signedBy } from '../../../pkg/devgateway/auth/jws.ts'
import { KeySet } from '../../../pkg/devgateway/identity.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve })
const [p256, p384, p521] = [ec('P-256'), ec('P-384'), ec('P-521')]
const ed = generateKeyPairSync('ed25519')
const flat = { dsaEncoding: 'ieee-p1363' } as const
const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

const cases = [
  { alg: 'RS256', pair: rsa, hash: 'sha256', options: {} },
  { alg: 'RS384', pair: rsa, hash: 'sha384', options: {} },
  { alg: 'RS512', pair: rsa, hash: 'sha512', options: {} },
  { alg: 'PS256', pair: rsa, hash: 'sha256', options: pss },
  { alg: 'PS384', pair: rsa, hash: 'sha384', options: pss },
  { alg: 'PS512', pair: rsa, hash: 'sha512', options: pss },
  { alg: 'ES256', pair: p256, hash: 'sha256', options: flat },
  { alg: 'ES384', pair: p384, hash: 'sha384', options: flat },
  { alg: 'ES512', pair: p521, hash: 'sha512', options: flat },
  { alg: 'EdDSA', pair: ed, hash: undefined, options: {} },
]

const token = ({ alg, pair, hash, options }: (typeof cases)[number], claimed = alg) => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: claimed })}.${part({ sub: 'x' })}`
  return `${text}.${sign(hash, Buffer.from(text), { key: pair.privateKey, ...options }).toString('base64url')}`
}
// keys of all kinds in one set, none of them named: the algorithm has to pick
const keys = KeySet.parse({ keys: [rsa, p256, p384, p521, ed].map(pair => pair.publicKey.export({ format: 'jwk' })) })
const isSigned = (text: string, set = keys) => signedBy(set, partJws(text)!)

for (const one of cases)
  t.test(`${one.alg} is verified, and passes for no other algorithm`, async t => {
    t.ok(isSigned(token(one)))
    for (const { alg } of cases.filter(({ alg }) => alg !== one.alg)) t.notOk(isSigned(token(one, alg)), alg)
    for (const alg of ['none', 'HS256', '', 'constructor']) t.notOk(isSigned(token(one, alg)), alg)
    const [header, , signature] = token(one).split('.')
    t.notOk(isSigned(`${header}.${Buffer.from('{"sub":"y"}').toString('base64url')}.${signature}`), 'another payload')
    t.notOk(isSigned(`${token(one).split('.').slice(0, 2).join('.')}.AA`), 'a signature cut short')
  })

t.test('a key that names its algorithm serves no other', async t => {
  const jwk = { ...rsa.publicKey.export({ format: 'jwk' }), alg: 'RS512' }
  const set = KeySet.parse({ keys: [jwk] })
  t.notOk(isSigned(token(cases[0]!), set))
  t.ok(isSigned(token(cases[2]!), set))
})

t.test('a curve goes with its hash', async t => {
  t.notOk(isSigned(token({ ...cases[7]!, alg: 'ES256', hash: 'sha256' })), 'P-384 with SHA-256')
})

t.test('a symmetric key is no key of a set', async t => {
  t.throws(() => KeySet.parse({ keys: [{ kty: 'oct', k: 'AAAA' }] }))
})

t.test('what is no token is none', async t => {
  for (const text of ['', '.', '..', 'a.b', 'a.b.c', 'a.b.c.d', 'e30.e30.e30', 'bnVsbA.e30.AA', 'W10.e30.AA', 'é.é.é'])
    t.equal(partJws(text), undefined, text)
})
