import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import t from 'tap'
import { goldenValues } from '../../oracle/template/oracle.ts'
import { renderOne, sensitive, startEngine } from './running.ts'

const engine = startEngine()
t.teardown(() => engine.close())
const fixtures = goldenValues()
const fixture = (name: string) => fixtures.get(name)?.toString('utf8') ?? ''

const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  ed25519: generateKeyPairSync('ed25519'),
}
const jwk = (key: KeyObject) => JSON.stringify(key.export({ format: 'jwk' }))

for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
  t.test(`a JWK of kind ${name} becomes the PEM that OpenSSL writes`, async t => {
    const values = sensitive({ private: jwk(privateKey), public: jwk(publicKey) })
    const opened = await renderOne(engine, values, '{{ jwkPublicKeyPem .public }}')
    t.equal(opened, publicKey.export({ type: 'spki', format: 'pem' }))
    const secret = await renderOne(engine, values, '{{ jwkPrivateKeyPem .private }}')
    t.ok(createPrivateKey(secret ?? '').equals(privateKey))
  })
}

t.test('a PKCS#12 archive opens in OpenSSL, with its password only', async t => {
  const values = sensitive({ chain: fixture('chain'), cert: fixture('cert'), key: fixture('key') })
  for (const text of ['{{ pemToPkcs12Pass .cert .key "pw" }}', '{{ fullPemToPkcs12Pass .cert .key "pw" }}']) {
    const pfx = Buffer.from((await renderOne(engine, values, text)) ?? '', 'base64')
    t.ok(createSecureContext({ pfx, passphrase: 'pw' }))
    t.throws(() => createSecureContext({ pfx, passphrase: 'other' }))
  }
})

t.test('made keys are keys, and no two are the same', async t => {
  const values = sensitive({})
  for (const kind of ['ecdsa', 'ed25519']) {
    const [one, two] = [
      await renderOne(engine, values, `{{ genPrivateKey "${kind}" }}`),
      await renderOne(engine, values, `{{ genPrivateKey "${kind}" }}`),
    ]
    t.ok(createPublicKey(one ?? ''))
    t.not(one, two)
  }
})

t.test('the clock is the real one, in UTC', async t => {
  const shown = Number(await renderOne(engine, sensitive({}), '{{ now | unixEpoch }}'))
  t.ok(Math.abs(shown - Date.now() / 1000) < 5)
  t.equal(await renderOne(engine, sensitive({}), '{{ now | date "MST" }}'), 'UTC')
})

t.test('a password can be hashed in a template: it takes longer than other templates may', async t => {
  const values = sensitive({ password: 'p' })
  t.match(await renderOne(engine, values, '{{ htpasswd "u" .password "bcrypt" }}'), /^u:\$2a\$10\$/)
  t.equal((await renderOne(engine, values, '{{ derivePassword 1 "long" .password "u" "s" }}'))?.length, 14)
})
