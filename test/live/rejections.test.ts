// Every case of every rule, as a cluster answers it: the tables of test/unit/admission/rules against a real API server that asks a
// real Latchkey, with the stores, the neighbours and the flags that those cases take for granted. The namespaces of the cases are
// meant by name and the webhook is registered for all, so this has a control plane of its own.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { Agent, request as send } from 'undici'
import { parse, stringify } from 'yaml'
import { customResourceDefinitions } from '#api'
import { assets, freePort, startControlPlane } from '../../dev/controlplane/index.ts'
import { kubectl as kubectlOf, must } from '../../dev/kubectl.ts'
import { startLatchkey } from '../../dev/latchkey.ts'
import { until } from '../support/cluster.ts'
import { startTlsGateway } from '../support/latchkey.ts'
import type { Json } from '../support/objects.ts'
import { externalSecret, review } from '../unit/admission/objects.ts'
import { cases } from '../unit/admission/rules/all.ts'
import { maker, others, paths, pusher } from '../unit/admission/rules/context.ts'
import { movedFirst, schemaFirst } from './rejections/schema-first.ts'
import { storesOf } from './rejections/stores.ts'

const state = mkdtempSync(join(tmpdir(), 'latchkey-rejections-'))
t.teardown(() => rmSync(state, { recursive: true, force: true }))
const { dir } = await assets({ env: process.env, onProgress: () => {} })
const plane = await startControlPlane({ binaries: dir, state: join(state, 'controlplane'), onProgress: () => {} })
t.teardown(() => plane.stop())
const kubectl = kubectlOf(plane.kubectl, plane.kubeconfig)

const config: Json = parse(readFileSync(plane.kubeconfig, 'utf8'))
const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster
const { token } = config.users[0].user
const dispatcher = new Agent({ connect: { ca: Buffer.from(ca, 'base64') } })
t.teardown(() => dispatcher.close())

/** One object of the tables, and every line that is expected of it. */
interface Case {
  readonly name: string
  readonly object: Json
  readonly lines: readonly string[]
}

const copies = (object: unknown): Json => JSON.parse(JSON.stringify(object))
/** A name that no object of the set-up has. */
const renamed = (object: Json): Json => {
  if (typeof object?.metadata?.name === 'string') object.metadata.name = 'judged'
  return object
}
const all: readonly Case[] = Object.entries(cases).flatMap(([rule, { passes, fails }]) => [
  ...passes.map((object, index) => ({ name: `${rule} passes ${index}`, object: renamed(copies(object)), lines: [] })),
  ...fails.map(([object, ...lines], index) => ({
    name: `${rule} fails ${index}`,
    object: renamed(copies(object)),
    lines: movedFirst[`${rule} fails ${index}`] ?? lines,
  })),
])

const definitions = new Map<string, Json>(customResourceDefinitions().map(({ spec }) => [spec.names.kind, spec]))
const namespaceOf = ({ object }: Case): string => object?.metadata?.namespace ?? 'team-a'
const urlOf = (each: Case): string => {
  // what is of no kind goes where an ExternalSecret would
  const { names, scope } = definitions.get(each.object?.kind) ?? definitions.get('ExternalSecret')
  const version = String(each.object?.apiVersion).split('/')[1]
  const place = scope === 'Cluster' ? '' : `/namespaces/${namespaceOf(each)}`
  return `${server}/apis/external-secrets.io/${version}${place}/${names.plural}?dryRun=All&fieldValidation=Strict`
}

interface Said {
  readonly status: number
  readonly message: string
  /** What it says, fault by fault and then warning by warning. */
  readonly lines: readonly string[]
}

const deprecated = /^external-secrets\.io\/v1beta1 /

/** `299 - "text"`, as Go writes it: UTF-8 that undici reads as bytes. */
const warningsOf = (header: string | string[] | undefined): readonly string[] =>
  [header ?? []]
    .flat()
    .flatMap(text => [
      ...Buffer.from(text, 'latin1')
        .toString('utf8')
        .matchAll(/299 - "((?:\\.|[^"\\])*)"/g),
    ])
    .map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'))
    .filter(text => !deprecated.test(text))

const faultsOf = (message: string): readonly string[] =>
  message
    .split('\n')
    .slice(1)
    .map(line => line.trim())

const ask = async (each: Case): Promise<Said> => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const body = JSON.stringify(each.object)
  const answer = await send(urlOf(each), { method: 'POST', dispatcher, headers, body })
  const reply: Json = await answer.body.json()
  const message = answer.statusCode < 300 ? '' : String(reply.message)
  const lines = [...faultsOf(message), ...warningsOf(answer.headers['warning'])]
  return { status: answer.statusCode, message, lines }
}

/** `count` items that are asked for ten times a minute, by an ExternalSecret whose store is never there. */
const neighbour = (namespace: string, perMinute: number) => ({
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  metadata: { name: 'neighbour', namespace },
  spec: {
    refreshInterval: '6s',
    secretStoreRef: { name: 'ghost' },
    data: Array.from({ length: perMinute / 10 }, (_, index) => ({
      secretKey: `k${index}`,
      remoteRef: { key: `/${index}` },
    })),
  },
})

const namespaces = [...new Set(all.map(namespaceOf))]
const setUp = async () => {
  const root = join(import.meta.dirname, '../..')
  for (const path of ['deploy/namespace.yaml', 'deploy/crds']) {
    await must(kubectl(['apply', '--server-side', '-f', join(root, path)]))
  }
  const named = namespaces.map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  await must(kubectl(['wait', '--for=condition=Established', '--all', 'crd']))
  const objects = [
    ...named,
    ...storesOf(all.map(each => ({ object: each.object, namespace: namespaceOf(each) }))),
    ...Object.entries(others).map(([namespace, perMinute]) => neighbour(namespace, perMinute)),
    ...[maker, pusher],
  ]
  await must(kubectl(['create', '-f', '-'], objects.map(object => stringify(object)).join('---\n')))
  const policy = join(state, 'policy.yaml')
  writeFileSync(policy, stringify({ paths }))
  const gateway = await startTlsGateway(t)
  const webhookAt = `127.0.0.1:${await freePort()}`
  const latchkey = startLatchkey({
    args: [
      ...['--kubeconfig', plane.kubeconfig, '--webhook-bind', webhookAt, '--webhook-url', `https://${webhookAt}`],
      ...['--health-bind', '127.0.0.1:0', '--metrics-bind', '127.0.0.1:0', '--policy', policy],
      // the words of the rules alone: no store here can log in
      ...['--live-checks-stores', 'off', '--live-checks-items', 'off'],
      ...['--resolve', `api.akeyless.io:443=127.0.0.1:${gateway.port}`, '--unsafe-allow-generic-targets'],
    ],
    extraCa: gateway.caFile,
    logFile: join(state, 'latchkey.log'),
  })
  t.teardown(() => latchkey.stop())
  await latchkey.ready
  return gateway.caFile
}
const caFile = await setUp()

const said = new Map<Case, Said>()
const queue = [...all]
const work = async () => {
  for (let each = queue.shift(); each; each = queue.shift()) said.set(each, await ask(each))
}
await Promise.all(Array.from({ length: 8 }, work))
const isWebhook = ({ message }: Said) => message.includes('denied the request: ')
const bySchema = (each: Case): boolean => {
  const answer = said.get(each)
  return answer !== undefined && answer.status >= 300 && !isWebhook(answer)
}

/** Of several faults the API server says any first. */
const steady = (message: string): string => {
  const [, head = '', list] = /^(.* is invalid: )\[(spec\..*)\]$/.exec(message) ?? []
  return list === undefined
    ? message
    : `${head}[${list
        .split(/, (?=spec\.)/)
        .sort()
        .join(', ')}]`
}

t.test('what the schema of the API server refuses before the webhook is asked is this, and nothing else', async t => {
  const first = all.filter(bySchema).map(each => [each.name, steady(said.get(each)?.message ?? '')])
  t.same(Object.fromEntries(first), schemaFirst)
})

t.test('every other failing object is answered in exactly the words of its case', async t => {
  for (const each of all.filter(each => each.lines.length > 0 && !bySchema(each))) {
    const answer = said.get(each)
    t.same(answer?.lines, each.lines, each.name)
    if (answer && isWebhook(answer)) t.equal(answer.status, 403, each.name)
  }
})

t.test('every passing object is admitted without a word', async t => {
  for (const each of all.filter(each => each.lines.length === 0 && !bySchema(each))) {
    t.match(said.get(each), { status: 201, lines: [] }, each.name)
  }
})

t.test('whether a store admits the namespace follows its labels as they are now', async t => {
  const labelled: Json = {
    ...storesOf([
      { object: { spec: { secretStoreRef: { kind: 'ClusterSecretStore', name: 'labelled' } } }, namespace: '' },
    ])[0],
  }
  labelled.spec.conditions = [{ namespaceSelector: { matchLabels: { team: 'x' } } }]
  await must(kubectl(['create', '-f', '-'], JSON.stringify(labelled)))
  const object = copies(
    externalSecret(spec => Object.assign(spec, { secretStoreRef: { kind: 'ClusterSecretStore', name: 'labelled' } })),
  )
  const each: Case = { name: 'labelled', object: renamed(object), lines: [] }
  const refused =
    'spec.secretStoreRef.name: ClusterSecretStore "labelled" does not admit namespace team-a → use another store, or have the namespace admitted by spec.conditions of that one [store-admits]'
  const says = (line: string | undefined) =>
    until(t, String(line), async () => ((await ask(each)).lines[0] === line ? true : undefined))
  await says(refused)
  await must(kubectl(['label', 'namespace', 'team-a', 'team=x']))
  await says(undefined)
  await must(kubectl(['label', 'namespace', 'team-a', 'team-']))
  await says(refused)
})

t.test('a process that only judges knows the namespaces too', async t => {
  const at = `127.0.0.1:${await freePort()}`
  const judging = startLatchkey({
    args: [
      ...['--kubeconfig', plane.kubeconfig, '--role', 'webhook', '--no-register', '--webhook-bind', at],
      ...['--health-bind', '127.0.0.1:0', '--metrics-bind', '127.0.0.1:0'],
    ],
    extraCa: caFile,
    logFile: join(state, 'judging.log'),
  })
  t.teardown(() => judging.stop())
  await judging.ready
  const object = externalSecret(spec => {
    spec.secretStoreRef = { kind: 'ClusterSecretStore', name: 'private' }
  })
  // the API server is not asked, and so nobody here checks the certificate
  const unchecked = new Agent({ connect: { rejectUnauthorized: false } })
  t.teardown(() => unchecked.close())
  const says = async () => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(review(object))
    const answer = await send(`https://${at}/validate`, { method: 'POST', dispatcher: unchecked, headers, body })
    const reply: Json = await answer.body.json()
    return reply.response.warnings
  }
  t.match(await says(), [/does not admit namespace team-a/])
})

/** Thirty of them, spread over the tables. */
const sample = () => {
  const spoken = all.filter(
    each => each.lines.length > 0 && !bySchema(each) && JSON.stringify(each.object).length < 100_000,
  )
  return Array.from({ length: 30 }, (_, index) => spoken[Math.floor((index * spoken.length) / 30)]).filter(
    each => each !== undefined,
  )
}

t.test('a person with kubectl reads the same', async t => {
  const left = sample()
  const run = async () => {
    for (let each = left.shift(); each; each = left.shift()) {
      const answer = said.get(each)
      const denied = answer !== undefined && isWebhook(answer)
      // what is only warned about would be made
      const args = denied ? ['apply'] : ['apply', '--dry-run=server']
      const { code, stderr } = await kubectl([...args, '-f', '-'], JSON.stringify(each.object))
      const lines = stderr.trim().split('\n')
      const warned = lines.filter(line => line.startsWith('Warning: ')).map(line => line.slice('Warning: '.length))
      const faults = lines.filter(line => line.startsWith('  ')).map(line => line.trim())
      t.same([...faults, ...warned], each.lines, `${each.name}: ${stderr}`)
      t.equal(code, denied ? 1 : 0, each.name)
    }
  }
  await Promise.all([run(), run(), run(), run()])
})
