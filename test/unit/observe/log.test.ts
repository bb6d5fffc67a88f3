import t from 'tap'
import { Fault, Sensitive } from '#core'
import { createLog, type Fields, type LogLevel } from '#observe'

const canary = 'canary-5f2e1c'

const capture = (level: LogLevel = 'debug') => {
  const lines: string[] = []
  const log = createLog({ level, to: { write: line => void lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') }
}

t.test('a line is one JSON object with level, time, msg and fields', async t => {
  const { log, lines, last } = capture()
  log.info('ready', { url: 'https://h', tookMs: 41 })
  t.equal(lines.length, 1)
  t.match(last(), { level: 'info', msg: 'ready', url: 'https://h', tookMs: 41, time: /^\d{4}-\d\d-\d\dT/ })
})

t.test('lines below the level are not printed', async t => {
  const { log, lines } = capture('warn')
  log.info('quiet')
  log.warn('loud')
  t.equal(lines.length, 1)
})

t.test('fields of a child stand on every line', async t => {
  const { log, last } = capture()
  log.with({ kind: 'SecretStore', name: 'a' }).with({ namespace: 'n' }).info('x')
  t.match(last(), { kind: 'SecretStore', name: 'a', namespace: 'n' })
})

t.test('a fault prints its own words', async t => {
  const { log, last } = capture()
  log.warn('failed', {
    fault: new Fault('ItemNotFound', 'item /a not found', { path: 'spec.data[0]', remedy: 'make it' }),
  })
  t.match(last().fault, { code: 'ItemNotFound', message: 'item /a not found', path: 'spec.data[0]', remedy: 'make it' })
})

t.test('a foreign error prints its class, its errno and its place, never its words', async t => {
  const { log, last, lines } = capture()
  const error = Object.assign(new TypeError(`bad ${canary}\n    at ${canary} (${canary}.js:1:1)`), {
    code: 'ECONNRESET',
    body: canary,
  })
  log.error('broke', { fault: error })
  t.match(last().fault, { code: 'Unexpected', error: 'TypeError', errorCode: 'ECONNRESET' })
  log.error('broke', { fault: new Fault('GatewayFailed', 'it failed', { cause: new Error(canary) }) })
  t.match(last().fault.cause, { error: 'Error', at: /log\.test\.ts:\d+:\d+/ })
  log.error('broke', { fault: canary })
  t.same(last().fault, { code: 'Unexpected', error: 'string' })
  t.notMatch(lines.join(''), new RegExp(canary))
})

t.test('a field that nobody allowed is dropped, whatever it holds', async t => {
  const { log, lines } = capture()
  // as plain JavaScript would call it, past the types
  const wild = (fields: object) => fields as Fields
  log.info('a', wild({ token: canary, body: { password: canary }, headers: { authorization: canary } }))
  log.info('b', wild({ name: Sensitive.text(canary), url: { href: canary }, count: canary, constructor: canary }))
  log
    .with(wild({ secret: canary }))
    .info('c', wild(JSON.parse(`{"__proto__": {"x": "${canary}"}, "toString": "${canary}"}`)))
  log.info('d', { name: 'x'.repeat(2000) + canary })
  t.notMatch(lines.join(''), new RegExp(canary))
})
