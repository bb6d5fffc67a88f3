import { join } from 'node:path'
import type { Gateway } from '#devgateway'
import { type Kubectl, must } from './kubectl.ts'
import type { Latchkey } from './latchkey.ts'
import { type Screen, table } from './screen.ts'

interface Demo {
  readonly screen: Screen
  readonly kubectl: Kubectl
  readonly latchkey: Latchkey
  readonly gateway: Gateway
  /** Folder of the sample manifests. */
  readonly samples: string
  /** File with a store that logs in by a ServiceAccount, and what reads through it. */
  readonly byKubernetes: string
}

const namespace = 'akeyless-demo'
const files = [
  'credentials.yaml',
  'secretstore.yaml',
  'externalsecret.yaml',
  'externalsecret-json.yaml',
  'externalsecret-tls.yaml',
]
/** What the guides promise: each Secret with its keys. */
const promised = [
  { name: 'app-config-secret', owner: 'akeyless-external-secret', keys: ['api-key', 'db-password'] },
  { name: 'app-config-json', owner: 'akeyless-external-secret-json', keys: ['password', 'username'] },
  { name: 'my-tls-secret', owner: 'akeyless-tls-secret', keys: ['tls.crt', 'tls.key'] },
  { name: 'app-config-k8s', owner: 'akeyless-external-secret-k8s', keys: ['password', 'username'] },
]
/** The first by a login that is really tried, the second by its own mistakes. */
const refused = [
  { file: 'misconfigured-store.yaml', says: 'refuses the login → check key "accessId" of Secret' },
  { file: 'misconfigured-externalsecret.yaml', says: '3 faults' },
]

const json = async (
  kubectl: Kubectl,
  args: readonly string[],
): Promise<Record<string, Record<string, unknown>> | undefined> => {
  const ran = await kubectl([...args, '-n', namespace, '-o', 'json', '--ignore-not-found'])
  return ran.code === 0 && ran.stdout.trim() !== '' ? JSON.parse(ran.stdout) : undefined
}

const keysOf = async (kubectl: Kubectl, name: string) =>
  Object.keys((await json(kubectl, ['get', 'secret', name]))?.['data'] ?? {}).sort()

const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join()

const applyAll = async ({ screen, kubectl, samples, byKubernetes }: Demo): Promise<void> => {
  screen.begin('manifests')
  await must(kubectl(['create', 'namespace', namespace, '--dry-run=client', '-o', 'yaml'])).then(yaml =>
    must(kubectl(['apply', '-f', '-'], yaml)),
  )
  for (const file of files) await must(kubectl(['apply', '-f', join(samples, file)]))
  await must(kubectl(['apply', '-f', byKubernetes]))
  screen.done(`${namespace}: 2 stores (an API key, a ServiceAccount), ${promised.length} ExternalSecrets applied`)
}

const outcome = async ({ screen, kubectl, latchkey, gateway }: Demo): Promise<boolean> => {
  screen.begin('result')
  const waits = promised.map(({ owner }) =>
    kubectl(['wait', '--for=condition=Ready', `externalsecret/${owner}`, '-n', namespace, '--timeout=30s']),
  )
  const ready = (await Promise.all(waits)).every(({ code }) => code === 0)
  const rows: string[][] = []
  let good = ready
  for (const { name, owner, keys } of promised) {
    const found = await keysOf(kubectl, name)
    good &&= same(found, keys)
    const took = latchkey.find(line => line.msg === 'synced' && line['name'] === owner)?.['tookMs']
    rows.push([
      name,
      found.join(', ') || '(missing)',
      owner,
      took === undefined ? 'kept' : `${Math.round(Number(took))} ms`,
    ])
  }
  screen.done(good ? 'as the guides promise' : 'NOT as the guides promise')
  for (const line of table([['SECRET', 'KEYS', 'EXTERNALSECRET', 'SYNCED IN'], ...rows])) screen.say(`        ${line}`)
  screen.say(`        gateway calls: ${calls(gateway)}`)
  if (!good)
    for (const { owner } of promised)
      screen.say((await kubectl(['describe', 'externalsecret', owner, '-n', namespace])).stdout)
  return good
}

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

const calls = (gateway: Gateway): string => {
  const ops = gateway.journal().map(({ op }) => op)
  const count = (test: (op: string) => boolean) => ops.filter(test).length
  return [
    plural(
      count(op => op === 'auth'),
      'login',
      'logins',
    ),
    plural(
      count(op => op === 'describe-item'),
      'item type looked up',
      'item types looked up',
    ),
    plural(
      count(op => op.startsWith('get-')),
      'read',
      'reads',
    ),
  ].join(', ')
}

const rejections = async ({ screen, kubectl, samples }: Demo): Promise<boolean> => {
  screen.say('\n  and two that were refused:')
  let good = true
  for (const { file, says } of refused) {
    const { code, stderr } = await kubectl(['apply', '-f', join(samples, file)])
    good &&= code !== 0 && stderr.includes('denied the request') && stderr.includes(says)
    screen.say(`      kubectl apply -f deploy/samples/${file}`)
    // the first line begins with kubectl's own words about the file, which the reader has just seen
    for (const line of stderr
      .trim()
      .replace(/^Error from server.*? denied the request/, '… denied the request')
      .split('\n'))
      screen.say(`        ${line}`)
  }
  return good
}

/** Applies the guides' manifests, waits for their Secrets, shows both and two refusals. True when all is as promised. */
export const demonstrate = async (demo: Demo): Promise<boolean> => {
  await applyAll(demo)
  const synced = await outcome(demo)
  const denied = await rejections(demo)
  return synced && denied
}
