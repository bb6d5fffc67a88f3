// ExternalSecrets as the API server stores them: the schema has nothing against them, rules may have.
import type { Random } from '../random.ts'

/** JSON that a person could have written. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into generated manifests
export type Json = any

type Pool = readonly [string, ...string[]]

const paths: Pool = ['/db', '/json', '/list', '/plain', '/deep/er', '/gone', '/dynamic', '/cert']
const badPaths: Pool = ['', 'db', '//db', '/db/', '/a\nb', ' /db', '/é', 'x'.repeat(5_000)]
const properties: Pool = [
  'user',
  'pass',
  'a.b',
  'list.0',
  'users.#.name',
  'no.such',
  '@this',
  '',
  'x"y',
  'x'.repeat(5_000),
]
const keys: Pool = [
  'user',
  'password',
  'a',
  'b',
  'c',
  'tls.crt',
  'tls.key',
  '.dockerconfigjson',
  '..',
  '.',
  '__proto__',
  'k'.repeat(254),
]
const durations: Pool = [
  '1h',
  '90s',
  '1h0m0s',
  '0',
  '0s',
  '5 minutes',
  '1d',
  'soon',
  '-5m',
  '',
  '1ns',
  '99999h',
  '1e3s',
]
const intervals: Pool = ['1h', '1h', '1h', '30m']
const versions: Pool = ['', '3', '0', 'latest', 'v3', '-1', '99999999999', '1.0']
const regexps: Pool = [
  '^/db',
  '.*',
  '(',
  '[a',
  'a{1,2000}',
  '(?<x>a)',
  '(?=a)',
  '',
  'x{999}'.repeat(150),
  'a'.repeat(1_100),
]
const types: Pool = [
  'Opaque',
  'kubernetes.io/tls',
  'kubernetes.io/service-account-token',
  'helm.sh/release.v1',
  'no type',
  '{{ .user }}',
]
const labels: Pool = ['a', 'a/b', 'a b', '-x', '', '__proto__', 'example.com/x', 'A/b/c']
const labelValues: Pool = ['x', '', 'a b', '{{ .user }}', '{{ .user | uper }}', 'x'.repeat(64), '{{ if .user }}']
const templates: Pool = [
  'plain',
  'postgres://{{ .user }}@db',
  '{{ .user | upper }}',
  '{{ .user | uper }}',
  '{{ .user',
  '{{ end }}',
  '{{ range .user }}x',
  '{{ .my-key }}',
  '{{ define "x" }}{{ end }}{{ template "x" }}',
  '{{ $x }}',
  '',
]
const literals: Pool = ['a: b', '{{ .user }}: x', '{{ .user | uper }}: x', '', '{{ nindent 2', 'x']
const schedules: Pool = [
  '0 22 * * 1-5',
  '@daily',
  '@every 8h',
  '61 * * * *',
  'TZ=UTC 0 0 * * *',
  '0 0 30 2 *',
  '@every x',
  '* * * * 9',
]

/** Faults are seldom enough that a manifest has none, one or a few. */
export interface Taste {
  readonly random: Random
  /** How often something unusual is picked, 0 to 1. */
  readonly odd: number
}

const oddly = ({ random, odd }: Taste, usual: Pool, unusual: Pool): string =>
  random.chance(odd) ? random.pick(unusual) : random.pick(usual)

const maybe = <T>({ random }: Taste, chance: number, make: () => T): T | undefined =>
  random.chance(chance) ? make() : undefined

/** Without fields that are undefined, as JSON has it. */
const bare = (object: Json): Json => JSON.parse(JSON.stringify(object))

const remoteRef = (taste: Taste): Json => {
  const { random, odd } = taste
  return {
    key: oddly(taste, paths, badPaths),
    property: maybe(taste, 0.3, () => oddly(taste, ['user', 'pass'], properties)),
    version: maybe(taste, 0.2, () => oddly(taste, ['3', '1'], versions)),
    metadataPolicy: maybe(taste, odd, () => random.pick(['None', 'Fetch'])),
    conversionStrategy: maybe(taste, odd, () => random.pick(['Default', 'Unicode'])),
    decodingStrategy: maybe(taste, 0.1, () => random.pick(['Auto', 'Base64', 'None'])),
    nullBytePolicy: maybe(taste, odd, () => random.pick(['Ignore', 'Fail'])),
  }
}

const storeRef = (taste: Taste): Json => ({
  name: maybe(taste, 1 - taste.odd / 4, () => 'main'),
  kind: maybe(taste, 0.5, () => 'SecretStore'),
})

const sourceRef = (taste: Taste): Json =>
  maybe(taste, taste.odd / 2, () =>
    taste.random.chance(0.5)
      ? { storeRef: storeRef(taste) }
      : { generatorRef: { kind: taste.random.pick(['Password', 'UUID']), name: 'g' } },
  )

const entry = (taste: Taste): Json => ({
  secretKey: oddly(taste, ['user', 'password', 'token', 'url', 'host'], keys),
  remoteRef: remoteRef(taste),
  sourceRef: sourceRef(taste),
})

const step = (taste: Taste): Json => {
  const { random } = taste
  const steps: readonly [() => Json, ...(() => Json)[]] = [
    () => ({ regexp: { source: oddly(taste, ['a', '^'], regexps), target: random.pick(['b', '$1', '$x', '']) } }),
    () => ({ transform: { template: oddly(taste, ['{{ .value | upper }}', 'x-{{ .value }}'], templates) } }),
    () => ({
      merge: {
        strategy: random.pick(['Extract', 'JSON']),
        into: maybe(taste, 0.5, () => random.pick(['a', ''])),
        priority: maybe(taste, 0.3, () => [random.pick(['user', ''])]),
        priorityPolicy: 'IgnoreNotFound',
        conflictPolicy: random.pick(['Error', 'Ignore']),
      },
    }),
  ]
  return random.pick(steps)()
}

const from = (taste: Taste): Json => {
  const { random } = taste
  const isFind = random.chance(0.4)
  return {
    extract: isFind ? maybe(taste, taste.odd / 4, () => remoteRef(taste)) : maybe(taste, 0.95, () => remoteRef(taste)),
    find: isFind
      ? {
          path: maybe(taste, 0.4, () => oddly(taste, ['/deep', '/'], badPaths)),
          name: maybe(taste, 0.8, () => ({ regexp: oddly(taste, ['^/db', 'json'], regexps) })),
          tags: maybe(taste, taste.odd, () => ({ a: 'b' })),
        }
      : undefined,
    rewrite: maybe(taste, 0.3, () => random.list(random.int(3), () => step(taste))),
    sourceRef: sourceRef(taste),
  }
}

const texts = (taste: Taste, names: Pool, values: Pool): Json =>
  Object.fromEntries(
    taste.random.list(1 + taste.random.int(3), () => [taste.random.pick(names), oddly(taste, [values[0]], values)]),
  )

const templateFrom = (taste: Taste): Json => {
  const items = () =>
    taste.random.list(taste.random.int(3), () => ({
      key: 'tpl',
      templateAs: taste.random.pick(['Values', 'KeysAndValues']),
    }))
  return {
    literal: maybe(taste, 0.6, () => oddly(taste, ['a: b', 'k: "{{ .user }}"'], literals)),
    configMap: maybe(taste, taste.odd / 2, () => ({ name: 'tpl', items: items() })),
    target: maybe(taste, 0.3, () =>
      oddly(taste, ['Data', 'Labels'], ['data', 'Annotations', 'spec.x', 'metadata.name', '', 'a[0]']),
    ),
    valuesDecodingStrategy: maybe(taste, taste.odd, () => taste.random.pick(['Auto', 'None'])),
  }
}

const template = (taste: Taste): Json => {
  const { random } = taste
  return {
    type: maybe(taste, 0.3, () => oddly(taste, ['Opaque'], types)),
    mergePolicy: maybe(taste, 0.3, () => random.pick(['Replace', 'Merge'])),
    data: maybe(taste, 0.6, () => texts(taste, ['url', 'a', 'user', 'tls.crt'], ['x {{ .user }}', ...templates])),
    metadata: maybe(taste, 0.3, () => ({
      labels: maybe(taste, 0.6, () => texts(taste, taste.random.chance(taste.odd) ? labels : ['a', 'b'], labelValues)),
      annotations: maybe(taste, 0.4, () =>
        texts(taste, taste.random.chance(taste.odd) ? labels : ['a', 'b'], templates),
      ),
      finalizers: maybe(taste, taste.odd / 2, () => [random.pick(['a/b', 'x y', '{{ .x }}'])]),
    })),
    templateFrom: maybe(taste, 0.2, () => random.list(1 + random.int(2), () => templateFrom(taste))),
  }
}

const target = (taste: Taste): Json => {
  const { random, odd } = taste
  return {
    name: maybe(taste, 0.7, () => 'made'),
    creationPolicy: maybe(taste, 0.3, () => random.pick(['Owner', 'Orphan', 'Merge', 'None', 'CreateOrMerge'])),
    deletionPolicy: maybe(taste, 0.3, () => random.pick(['Retain', 'Delete', 'Merge'])),
    immutable: maybe(taste, odd / 2, () => random.chance(0.5)),
    manifest: maybe(taste, odd / 4, () =>
      random.pick([
        { apiVersion: 'v1', kind: 'ConfigMap' },
        { apiVersion: 'v1', kind: 'ServiceAccount' },
        { apiVersion: 'v1', kind: 'Secret' },
        { apiVersion: 'a/b/c', kind: 'X' },
        { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
      ]),
    ),
    template: maybe(taste, 0.5, () => template(taste)),
  }
}

const syncWindows = (taste: Taste): Json => ({
  kind: taste.random.pick(['allow', 'deny']),
  windows: taste.random.list(1 + taste.random.int(2), () => ({
    schedule: oddly(taste, ['0 22 * * 1-5'], schedules),
    duration: oddly(taste, ['2h'], durations),
  })),
})

/** One ExternalSecret of the SecretStore `main`. */
export const generatedExternalSecret = (taste: Taste, name: string): Json => {
  const { random, odd } = taste
  return bare({
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: {
      name,
      labels: maybe(taste, 0.2, () => ({ a: 'b' })),
      annotations: maybe(taste, odd / 2, () => ({
        'latchkey.dev/silence': random.pick(['policies', 'no-such', 'secret-key']),
      })),
    },
    spec: {
      refreshInterval: maybe(taste, 0.8, () => oddly(taste, intervals, durations)),
      refreshPolicy: maybe(taste, 0.2, () => random.pick(['Periodic', 'CreatedOnce', 'OnChange'])),
      secretStoreRef: maybe(taste, 1 - odd / 4, () => storeRef(taste)),
      syncWindows: maybe(taste, odd / 2, () => syncWindows(taste)),
      target: maybe(taste, 0.8, () => target(taste)),
      data: maybe(taste, 0.8, () => random.list(random.int(5), () => entry(taste))),
      dataFrom: maybe(taste, 0.4, () => random.list(random.int(3), () => from(taste))),
    },
  })
}
