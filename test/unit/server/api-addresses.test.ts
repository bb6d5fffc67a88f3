import t from 'tap'
import { apiServerAddresses } from '../../../server/api-addresses.ts'

t.test('the API server is known by its URL and by what the pod is told, in every spelling', async t => {
  const is = apiServerAddresses('https://192.0.2.7:6443', { KUBERNETES_SERVICE_HOST: '10.96.0.1' })
  const spellings = ['::ffff:192.0.2.7', '::ffff:c000:207', '::192.0.2.7', '64:ff9b::c000:207', '2002:c000:207::1']
  for (const address of ['192.0.2.7', '10.96.0.1', ...spellings, '::ffff:10.96.0.1', '2001:db8::5efe:c000:207']) {
    t.equal(is(address), true, address)
  }
  for (const address of [
    '192.0.2.8',
    '10.96.0.10',
    '::ffff:192.0.2.8',
    '2001:db8::1',
    'example.com',
    '',
    '192.0.2.7.',
  ]) {
    t.equal(is(address), false, address)
  }
})

t.test('an IPv6 API server is known too', async t => {
  const is = apiServerAddresses('https://[2001:db8::7]:6443', { KUBERNETES_SERVICE_HOST: 'fd00::1' })
  for (const address of ['2001:db8::7', '2001:DB8:0:0:0:0:0:7', 'fd00::1']) t.equal(is(address), true, address)
  t.equal(is('2001:db8::8'), false)
})

t.test('a name is looked up', async t => {
  const is = apiServerAddresses('https://localhost:6443', {})
  const until = Date.now() + 5_000
  while (!is('127.0.0.1') && !is('::1') && Date.now() < until) await new Promise(resolve => setImmediate(resolve))
  t.ok(is('127.0.0.1') || is('::1'))
  t.equal(is('127.0.0.2'), false)
})

t.test('a server that names no host is nobody', async t => {
  for (const server of ['', 'none', 'https://']) t.equal(apiServerAddresses(server, {})('10.0.0.1'), false, server)
  t.equal(apiServerAddresses('https://no-such-host.invalid', { KUBERNETES_SERVICE_HOST: '' })('10.0.0.1'), false)
})
