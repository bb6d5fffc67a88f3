import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { Fault } from '#core'
import { createGateway } from '#devgateway'
import { selfSigned } from '../../../pkg/devgateway/certificate.ts'
import { gateway as command } from '../../../server/cli/gateway.ts'
import { startGateway } from '../../support/gateway.ts'

const pair = await selfSigned({ commonName: 'localhost', dnsNames: [], days: 1 }, 1, new Date())
const tls = { cert: pair.certificate_pem, key: pair.private_key_pem ?? '' }

const probe = (url: string, ca: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ca, servername: 'localhost', agent: false }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject).end()
  })

t.test('with a certificate it speaks HTTPS, resets included, and counts TCP connections', async t => {
  const gateway = await startGateway(t, undefined, { tls })
  t.match(gateway.url, /^https:/)
  t.equal(await probe(gateway.url, tls.cert), 404)
  gateway.fail({ reset: true })
  await t.rejects(probe(gateway.url, tls.cert), { code: 'ECONNRESET' })
  t.equal(gateway.connections(), 2)
})

t.test('a port that is taken fails and leaves nothing behind', async t => {
  const first = await startGateway(t)
  const port = Number(new URL(first.url).port)
  await t.rejects(startGateway(t, undefined, { controlPort: port }), { code: 'EADDRINUSE' })
  await t.rejects(startGateway(t, undefined, { port }), { code: 'EADDRINUSE' })
})

t.test('tokens and passwords are counters, or come from the randomness that was given', async t => {
  const login = { type: 'api_key' as const, accessId: 'p-admin0admin0ab', accessKey: 'k' }
  const token = async (random?: (size: number) => Buffer) => {
    const gateway = await createGateway({ seed: { identities: [login] }, now: () => new Date(), random })
    t.teardown(() => gateway.close())
    const body = JSON.stringify({ 'access-id': login.accessId, 'access-key': 'k' })
    const answer = await fetch(`${gateway.url}/auth`, { method: 'POST', body })
    return JSON.parse(await answer.text()).token
  }
  t.equal(await token(), 't-0000000000000001')
  t.equal(await token(size => Buffer.alloc(size, 7)), `t-${'07'.repeat(16)}`)
})

const run = (argv: readonly string[], env: Record<string, string> = {}) => {
  const stop = new AbortController()
  let written = ''
  let lines: (text: string) => void = () => undefined
  const serving = new Promise<string>(resolve => {
    lines = resolve
  })
  const write = (text: string) => {
    written += text
    if (written.includes('serving')) lines(written)
  }
  const ended = command(argv, { write, env, signal: stop.signal, now: () => new Date() })
  return { serving, ended, stop: () => stop.abort(), written: () => written }
}

t.test('the command prints where it is and what it has, and runs until it is told to end', async t => {
  const dir = t.testdir({
    'items.yaml': 'items: [{ path: /a, type: STATIC_SECRET, value: hunter2 }]',
    'tls.crt': tls.cert,
    'tls.key': tls.key,
  })
  const files = ['--tls-cert', join(dir, 'tls.crt'), '--tls-key', join(dir, 'tls.key')]
  const { serving, ended, stop } = run(files, { LATCHKEY_GATEWAY_ITEMS: join(dir, 'items.yaml') })
  const text = await Promise.race([serving, ended.then(() => 'ended early')])
  t.match(text, /^gateway {2}https:\/\/127\.0\.0\.1:\d+\ncontrol {2}http:\/\/127\.0\.0\.1:\d+\n/)
  t.match(text, /1 items to 0 identities/)
  t.notMatch(text, /hunter2/)
  const url = /https:\S+/.exec(text)?.[0] ?? ''
  t.equal(await probe(url, tls.cert), 404)
  stop()
  await ended
  await t.rejects(probe(url, tls.cert), { code: 'ECONNREFUSED' })
})

t.test('the command says what is wrong with its flags and its seed', async t => {
  const dir = t.testdir({ 'bad.yaml': 'items: [{ path: a, type: STATIC_SECRET, value: hunter2 }]' })
  const bad = join(dir, 'bad.yaml')
  writeFileSync(join(dir, 'good.yaml'), 'items: []')
  const good = ['--items', join(dir, 'good.yaml')]
  const cases = [
    { argv: [], says: /^--items: is missing → name/ },
    { argv: ['--items', join(dir, 'none.yaml')], says: /^--items: cannot read .*none\.yaml/ },
    { argv: ['--items', bad], says: /bad\.yaml: items\[0\]\.path: must be a full path/ },
    { argv: [...good, '--port', 'x'], says: /^--port: is not a port/ },
    { argv: [...good, '--control-port=-1'], says: /^--control-port: is not a port/ },
    { argv: [...good, '--tls-cert', 'x'], says: /one is given without the other/ },
    { argv: ['--itmes', 'x'], says: /unknown flag.* → use --port, --control-port, --items/ },
  ]
  for (const { argv, says } of cases) {
    const told = await run(argv).ended.catch((thrown: unknown) => thrown)
    t.ok(told instanceof Fault && says.test(told.line()), String(says))
  }
  const help = run(['--help'])
  await help.ended
  t.match(help.written(), /usage: latchkey gateway/)
})
