import t from 'tap'
import { Fault } from '#core'
import { readConfig } from '../../../server/config.ts'
import { configHelp, configPage, flagTable } from '../../../server/flags.ts'
import { liveModes } from '../../../server/live.ts'

const lines = (argv: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] => {
  try {
    readConfig(argv, env)
    return []
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return thrown.message.split('\n').slice(1)
  }
}

t.test('without flags every default holds', async t => {
  t.same(readConfig([], {}), {
    role: 'all',
    namespace: 'latchkey-system',
    serviceName: 'latchkey',
    controllerClass: 'default',
    webhookBind: { host: '0.0.0.0', port: 10250 },
    noRegister: false,
    allowLocalGateways: false,
    unsafeAllowGenericTargets: false,
    trustedGateways: ['*.akeyless.io'],
    awsRegionalSts: false,
    healthBind: { host: '0.0.0.0', port: 8081 },
    metricsBind: { host: '0.0.0.0', port: 8080 },
    watchNamespaces: [],
    leaderElect: false,
    concurrency: 16,
    logLevel: 'info',
    resolve: [],
  })
  t.ok(Object.isFrozen(readConfig([], {})))
})

const accepted = [
  { name: 'a value after a space', argv: ['--role', 'webhook'], want: { role: 'webhook' } },
  { name: 'a value after an equals sign', argv: ['--role=webhook'], want: { role: 'webhook' } },
  { name: 'the last of two', argv: ['--concurrency', '2', '--concurrency', '4'], want: { concurrency: 4 } },
  { name: 'a switch alone', argv: ['--leader-elect', '--no-register'], want: { leaderElect: true, noRegister: true } },
  { name: 'a switch turned off', argv: ['--leader-elect=false'], want: { leaderElect: false } },
  { name: 'the environment', env: { LATCHKEY_LOG_LEVEL: 'debug' }, want: { logLevel: 'debug' } },
  { name: 'a switch in the environment', env: { LATCHKEY_NO_REGISTER: 'true' }, want: { noRegister: true } },
  { name: 'an empty variable as none', env: { LATCHKEY_ROLE: '' }, want: { role: 'all' } },
  {
    name: 'a flag before its variable',
    argv: ['--role', 'all'],
    env: { LATCHKEY_ROLE: 'webhook' },
    want: { role: 'all' },
  },
  { name: 'several namespaces', argv: ['--watch-namespaces', 'a, b'], want: { watchNamespaces: ['a', 'b'] } },
  { name: 'an IPv6 address', argv: ['--webhook-bind', '[::1]:0'], want: { webhookBind: { host: '::1', port: 0 } } },
  { name: 'a port alone', argv: ['--health-bind', ':9'], want: { healthBind: { host: '0.0.0.0', port: 9 } } },
  { name: 'an equals sign within a value', argv: ['--controller-class=a=b'], want: { controllerClass: 'a=b' } },
  {
    name: 'several --resolve',
    argv: ['--resolve', 'api.akeyless.io:443=127.0.0.1:8443', '--resolve=B.example:1=[::1]:2'],
    want: {
      resolve: [
        { host: 'api.akeyless.io', port: 443, to: { host: '127.0.0.1', port: 8443 } },
        { host: 'b.example', port: 1, to: { host: '::1', port: 2 } },
      ],
    },
  },
]
for (const { name, argv = [], env = {}, want } of accepted) {
  t.test(`takes ${name}`, async t => t.match(readConfig(argv, env), want))
}

t.test('reads the webhook URL as a URL', async t => {
  t.equal(readConfig(['--webhook-url', 'https://127.0.0.1:10250'], {}).webhookUrl?.host, '127.0.0.1:10250')
})

const refused = [
  {
    name: 'a misspelt flag with the right one',
    argv: ['--conroller-class', 'x'],
    says: ['--conroller-class: there is no such flag → did you mean --controller-class?'],
  },
  {
    name: 'a flag of a later version, without a wrong guess',
    argv: ['--drain-seconds', '9'],
    says: ['--drain-seconds: there is no such flag → run latchkey serve --help for the list'],
  },
  { name: 'a bare word', argv: ['now'], says: ['arguments: serve takes flags only → write --NAME VALUE'] },
  { name: 'a flag without its value', argv: ['--role', '--leader-elect'], says: ['--role: has no value → give ROLE'] },
  {
    name: 'a role that is none',
    argv: ['--role', 'both'],
    says: ['--role: cannot be used → give all, webhook or reconciler'],
  },
  {
    name: 'a variable by its own name',
    env: { LATCHKEY_CONCURRENCY: '0' },
    says: ['LATCHKEY_CONCURRENCY: cannot be used → give a number from 1 to 64'],
  },
  {
    name: 'an http URL',
    argv: ['--webhook-url', 'http://h:1'],
    says: [
      '--webhook-url: cannot be used → give an https URL without user, query or fragment, such as https://192.0.2.7:10250',
    ],
  },
  {
    name: 'a port out of range',
    argv: ['--health-bind', '127.0.0.1:70000'],
    says: ['--health-bind: cannot be used → give an IP address and a port, such as 0.0.0.0:8081'],
  },
  {
    name: 'a --resolve without a port',
    argv: ['--resolve', 'a=127.0.0.1:1'],
    says: ['--resolve: cannot be used → give HOST:PORT=ADDR:PORT, such as api.akeyless.io:443=127.0.0.1:8443'],
  },
  {
    name: 'an inherited name of objects',
    argv: ['--constructor', 'x'],
    says: ['--constructor: there is no such flag → run latchkey serve --help for the list'],
  },
  {
    name: 'two servers on one address',
    argv: ['--health-bind', ':8080'],
    says: ['--metrics-bind: is the same address as --health-bind → give each its own port'],
  },
  {
    name: 'a URL for a webhook that is not served',
    argv: ['--role=reconciler', '--webhook-url=https://h'],
    says: ['--webhook-url: the role reconciler serves no webhook → leave it out, or give --role all'],
  },
]
for (const { name, argv = [], env = {}, says } of refused) {
  t.test(`refuses ${name}`, async t =>
    t.same(
      lines(argv, env).map(line => line.trim()),
      says,
    ),
  )
}

t.test('tells all mistakes at once and repeats no value', async t => {
  const all = lines(['--roel', 'canary-1', '--concurrency', 'canary-2'], { LATCHKEY_LOG_LEVEL: 'canary-3' })
  t.equal(all.length, 3)
  t.notMatch(all.join('\n'), /canary/)
})

t.test('help and reference name every flag and its twin', async t => {
  for (const { flag, env } of flagTable()) {
    t.ok(configHelp().includes(flag), flag)
    t.ok(configPage().includes(`\`${env}\``), env)
  }
})

t.test('live checks refuse stores and warn of items, and are off where the process may not read Secrets', async t => {
  const modes = (...argv: string[]) => liveModes(readConfig(argv, {}))
  t.same(modes(), { stores: 'deny', items: 'warn' })
  t.same(modes('--role', 'webhook'), { stores: 'off', items: 'off' })
  t.same(modes('--role', 'webhook', '--live-checks-items', 'deny'), { stores: 'off', items: 'deny' })
  t.same(modes('--live-checks-stores', 'off', '--live-checks-items=off'), { stores: 'off', items: 'off' })
  t.same(
    lines(['--live-checks-stores', 'on']).map(line => line.trim()),
    ['--live-checks-stores: cannot be used → give off, warn or deny'],
  )
})
