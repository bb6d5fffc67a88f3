import t from 'tap'
import type { Fault } from '#core'
import { parseGateway } from '../../../pkg/akeyless/url.ts'

const roots = ['', '/v2', '/api/v2']
const cases: readonly { url: string; origin: string; bases: readonly string[] }[] = [
  { url: 'https://api.akeyless.io', origin: 'https://api.akeyless.io', bases: [''] },
  { url: 'https://api.eu.akeyless.io/', origin: 'https://api.eu.akeyless.io', bases: [''] },
  { url: 'https://api.akeyless.io/v2', origin: 'https://api.akeyless.io', bases: ['/v2'] },
  { url: 'https://api.akeyless.io.evil.example', origin: 'https://api.akeyless.io.evil.example', bases: roots },
  { url: 'https://gw.example.com:8000/api/v2/', origin: 'https://gw.example.com:8000', bases: ['/api/v2'] },
  { url: 'https://gw.example.com:8000/api/v2', origin: 'https://gw.example.com:8000', bases: ['/api/v2'] },
  { url: 'https://gw.example.com:8080/v2/', origin: 'https://gw.example.com:8080', bases: ['/v2'] },
  { url: 'https://gw.example.com:8000/api', origin: 'https://gw.example.com:8000', bases: ['/api', '/api/v2', '/v2'] },
  { url: 'https://gw.example.com:8081', origin: 'https://gw.example.com:8081', bases: roots },
  { url: 'https://gw.example.com/akeyless', origin: 'https://gw.example.com', bases: ['/akeyless'] },
  { url: 'https://GW.example.com:443', origin: 'https://gw.example.com', bases: roots },
  { url: 'http://127.0.0.1:8080//', origin: 'http://127.0.0.1:8080', bases: roots },
  { url: 'https://[::1]:8000', origin: 'https://[::1]:8000', bases: roots },
]

t.test('a gateway URL gives the origin and the base paths to try', async t => {
  for (const { url, origin, bases } of cases) t.match(parseGateway(url), { origin, bases }, url)
  t.match(parseGateway('https://[::1]'), { hostname: '::1', host: '[::1]', port: 443 })
  t.match(parseGateway('http://gw'), { hostname: 'gw', port: 80 })
})

t.test('what is no gateway URL is refused', async t => {
  const wrong = [
    '',
    'api.akeyless.io',
    'localhost:8080',
    'ftp://gw',
    'https://u:p@gw',
    'https://gw/#x',
    'https://gw/?a=b',
    'https://',
    `https://gw/${'a'.repeat(2000)}`,
  ]
  for (const url of wrong) {
    t.throws(() => parseGateway(url), { name: 'Fault', code: 'SpecInvalid' }, url)
  }
  try {
    parseGateway('https://user:canary@gw')
  } catch (thrown) {
    t.notMatch((thrown as Fault).line(), /canary/)
  }
})
