import t from 'tap'
import type { Login } from '#api'
import { Sensitive } from '#core'
import { ambientFault } from '../../../pkg/reconcile/ambient.ts'

const accessId = 'p-x'
const secret = Sensitive.text('hunter2')
const account = { namespace: 'demo', name: 'sa', audiences: [] }
const projected = { from: 'service-account', ...account } as const

const ambient: readonly Login[] = [
  { type: 'aws_iam', accessId },
  { type: 'gcp', accessId, audience: 'akeyless.io' },
  { type: 'azure_ad', accessId },
  { type: 'azure_ad', accessId, objectId: 'o' },
  { type: 'k8s', accessId, config: 'c', token: { from: 'own', audiences: [] } },
  { type: 'jwt', accessId, token: { from: 'own', audiences: ['akeyless.io'] } },
]
const owned: readonly Login[] = [
  { type: 'api_key', accessId, accessKey: secret },
  { type: 'universal_identity', token: secret },
  { type: 'cert', accessId, certificate: secret, key: secret },
  { type: 'azure_ad', accessId, workload: { clientId: 'c', serviceAccount: account } },
  { type: 'k8s', accessId, config: 'c', token: projected },
  { type: 'k8s', accessId, config: 'c', token: { from: 'secret', token: secret } },
  { type: 'jwt', accessId, token: projected },
]

/** What is trusted, and the spellings that get our identity by it or do not. */
const table: { trusted: string[]; pass: string[]; deny: string[] }[] = [
  {
    trusted: ['*.akeyless.io'],
    pass: [
      'https://api.akeyless.io',
      'https://API.Akeyless.IO/v2',
      'https://api.akeyless.io.',
      'https://api.akeyless.io:8443/api/v2',
      'https://a.b.akeyless.io',
      // the same host, as URLs are read
      'https://api.akeyless。io',
      'https://api%2eakeyless.io',
    ],
    deny: [
      'http://api.akeyless.io',
      'https://akeyless.io',
      'https://evilakeyless.io',
      'https://evil-akeyless.io',
      'https://akeyless.io.evil.com',
      'https://api.akeyless.io.evil.com',
      'https://api.akeyless.io@evil.com',
      'https://evil.com/api.akeyless.io',
      'https://evil.com?.akeyless.io',
      'https://evil.com#.akeyless.io',
      'https://evil.com\\.akeyless.io',
      'https://api.akeyless.io..',
      'https://api.akeyless.iо', // a Cyrillic о
      'https://api.аkeyless.io', // a Cyrillic а
      'https://api.akeyless.i\u00ado.evil.com',
      'https://127.0.0.1',
      'https://[::1]',
      'ftp://api.akeyless.io',
      'wss://api.akeyless.io',
      'api.akeyless.io',
      'https://',
      '',
    ],
  },
  {
    trusted: ['GW.example.com', '10.0.0.5'],
    pass: ['https://gw.example.com:8000', 'https://GW.EXAMPLE.COM.', 'https://10.0.0.5', 'https://0xa000005'],
    deny: ['https://a.gw.example.com', 'https://example.com', 'https://10.0.0.50', 'https://110.0.0.5'],
  },
  {
    trusted: ['xn--bcher-kva.example'],
    pass: ['https://bücher.example', 'https://BÜCHER.example'],
    deny: ['https://bucher.example'],
  },
  { trusted: [], pass: [], deny: ['https://api.akeyless.io'] },
]

for (const { trusted, pass, deny } of table) {
  t.test(`our own identity goes to ${trusted.join(' and ') || 'nobody'} alone`, async t => {
    for (const login of ambient) {
      for (const gateway of pass) t.equal(ambientFault(login, gateway, trusted), undefined, `${login.type} ${gateway}`)
      for (const gateway of deny) {
        const fault = ambientFault(login, gateway, trusted)
        t.match(
          fault,
          { code: 'AmbientDenied', path: 'spec.provider.akeyless.akeylessGWApiURL' },
          `${login.type} ${gateway}`,
        )
        t.match(fault?.remedy, /--trusted-gateways/)
      }
    }
  })
}

t.test('an identity of the store’s owner goes wherever the owner says', async t => {
  for (const login of owned) {
    for (const gateway of ['https://anywhere.example.com', 'http://10.0.0.1:8000', 'https://127.0.0.1']) {
      t.equal(ambientFault(login, gateway, []), undefined, `${login.type} ${gateway}`)
    }
  }
})

t.test('nor does it go anywhere by a CA that the store brings: that decides who has a name', async t => {
  const trusted = ['*.akeyless.io']
  for (const login of ambient) {
    const fault = ambientFault(login, 'https://api.akeyless.io', trusted, true)
    t.match(fault, { code: 'AmbientDenied', path: 'spec.provider.akeyless.authSecretRef' }, login.type)
    t.match(fault?.message, /brings a CA of its own$/)
  }
  for (const login of owned)
    t.equal(ambientFault(login, 'https://api.akeyless.io', trusted, true), undefined, login.type)
})

t.test('what was denied is said by type and host', async t => {
  const [aws] = ambient
  t.equal(
    aws && ambientFault(aws, 'https://evil.example.com', [])?.line(),
    'spec.provider.akeyless.akeylessGWApiURL: access type aws_iam would send the identity of Latchkey itself, and evil.example.com is not a trusted gateway → have the host added to --trusted-gateways, or log in with an identity of your own',
  )
  t.match(aws && ambientFault(aws, 'http://api.akeyless.io', ['*.akeyless.io'])?.message, /not called by https$/)
})
