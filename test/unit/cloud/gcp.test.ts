import t from 'tap'
import { startGcpMetadata, startGoogleTokens } from '../../support/cloud/google.ts'
import { createKeys, partsOf } from '../../support/cloud/jwt.ts'
import { serve } from '../../support/cloud/serve.ts'
import { cloudIn, email, faultIn, keyFile, leaks, printed, soon, tokenOf } from './cloud.ts'

t.test('each audience has a token of its own, and none is akeyless.io', async t => {
  const metadata = await startGcpMetadata(t, email)
  const cloud = cloudIn({ origins: { 'http://metadata.google.internal': metadata.url } })
  for (const audience of ['', 'a&format=x', 'https://b/?c=d#e', '__proto__', '']) {
    const said = partsOf(tokenOf(await cloud.gcp(audience, soon())))?.claims
    t.equal(said?.['aud'], audience || 'akeyless.io')
  }
  t.equal(metadata.seen.length, 4, 'one call for each')
})

t.test('somebody else who answers for the metadata server is not believed', async t => {
  const jwt = (await startGcpMetadata(t, email)).issuer.token({ aud: 'akeyless.io', exp: 2e9 })
  const { url } = await serve(t, () => ({ body: jwt }))
  const fault = await faultIn(cloudIn({ origins: { 'http://metadata.google.internal': url } }).gcp('', soon()))
  t.match(fault, { code: 'IdentityUnavailable', message: 'the GCP metadata server is not the one that answers' })
  t.notMatch(printed(fault), jwt)
})

t.test('a machine without a service account is told', async t => {
  const { url } = await startGcpMetadata(t, undefined)
  const fault = await faultIn(cloudIn({ origins: { 'http://metadata.google.internal': url } }).gcp('', soon()))
  t.match(fault, { message: 'the GCP metadata server gives no token: there is no service account (HTTP 404)' })
  t.notMatch(printed(fault), /canary/)
})

t.test('a key file that cannot be used is told, without a word of it', async t => {
  const named = 'the file that GOOGLE_APPLICATION_CREDENTIALS names'
  const cases: [string, string][] = [
    ['canary', `${named} is no JSON object`],
    ['["canary"]', `${named} is no JSON object`],
    ['{"canary":1}', `${named} is of an unknown kind, of which no ID token can be had`],
    ['{"type":"canary"}', `${named} is of an unknown kind, of which no ID token can be had`],
    ['{"type":"external_account"}', `${named} is of the kind external_account, of which no ID token can be had`],
    ['{"type":"authorized_user"}', `${named} is of the kind authorized_user, of which no ID token can be had`],
    ['{"type":"service_account"}', `${named} has no client_email`],
    [keyFile({ private_key: 'canary' }), `${named} holds no RSA key in private_key`],
    [keyFile({ private_key: undefined }), `${named} holds no RSA key in private_key`],
    [keyFile({ token_uri: 'http://canary.example/token' }), `${named} has a token_uri that is no https URL`],
    [keyFile({ token_uri: 'canary' }), `${named} has a token_uri that is no https URL`],
  ]
  for (const [file, message] of cases) {
    const given = { env: { GOOGLE_APPLICATION_CREDENTIALS: '/key.json' }, files: { '/key.json': file } }
    const fault = await faultIn(cloudIn(given).gcp('', soon()))
    t.equal(fault.message, message)
    t.notMatch(printed(fault), /canary|PRIVATE KEY/)
  }
  const absent = await faultIn(cloudIn({ env: { GOOGLE_APPLICATION_CREDENTIALS: '/absent' } }).gcp('', soon()))
  t.equal(absent.message, 'the file /absent that GOOGLE_APPLICATION_CREDENTIALS names does not exist')
})

t.test('a service account that Google refuses is told', async t => {
  const { publicKey } = createKeys()
  const other = await startGoogleTokens(t, { email, keyId: 'key-1', key: publicKey })
  const given = {
    env: { GOOGLE_APPLICATION_CREDENTIALS: '/key.json' },
    files: { '/key.json': keyFile() },
    origins: { 'https://oauth2.googleapis.com': other.url },
  }
  const refused = 'Google’s token endpoint refuses the service account with HTTP 400'
  const fault = await faultIn(cloudIn(given).gcp('', soon()))
  t.equal(fault.message, refused, 'by another key')
  t.same(leaks(printed(fault), given), [])
  const unknown = { ...given, files: { '/key.json': keyFile({ private_key_id: 'gone' }) } }
  t.equal((await faultIn(cloudIn(unknown).gcp('', soon()))).message, refused, 'by a key that was deleted')
})

t.test('a clock that is wrong is refused by Google', async t => {
  const { privateKey, publicKey } = createKeys()
  const { url } = await startGoogleTokens(t, { email, keyId: 'key-1', key: publicKey })
  const file = keyFile({ private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() })
  const cloud = (skewMs: number) =>
    cloudIn({
      env: { GOOGLE_APPLICATION_CREDENTIALS: '/key.json' },
      files: { '/key.json': file },
      origins: { 'https://oauth2.googleapis.com': url },
      options: { now: () => Date.now() + skewMs },
    })
  await t.resolves(cloud(0).gcp('', soon()))
  for (const skew of [2 * 3600e3, -2 * 3600e3]) {
    t.match(await faultIn(cloud(skew).gcp('', soon())), { remedy: /clock/ })
  }
})
