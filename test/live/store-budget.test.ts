// How often a cluster full of stores and ExternalSecrets logs in: once for each identity, however many share it. How long that takes
// is for dev/bench/cases/stores.ts to say.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { SeedInput } from '#devgateway'
import { namespace as namespaceFor, until } from '../support/cluster.ts'
import { accessKey } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  credentials,
  entry,
  externalSecret,
  get,
  type Json,
  pathsOf,
  readyOf,
  secretStore,
  storeSpec,
} from '../support/objects.ts'
import { install } from './twin.ts'

await install()
type Tap = Parameters<typeof namespaceFor>[0] & Parameters<typeof until>[0]

const many = 100
const idOf = (index: number): string => `p-budget${String(index).padStart(6, '0')}ab`
const rules = [{ path: '/*', allow: ['read' as const, 'list' as const] }]
const seed: SeedInput = {
  identities: Array.from({ length: 2 * many }, (_, index) => ({
    type: 'api_key' as const,
    accessId: idOf(index),
    accessKey,
    rules,
  })),
  items: [{ path: '/one', type: 'STATIC_SECRET', value: 'v' }],
}

/** Runs what is given, so many at once as an API server takes without queueing. */
const each = async (count: number, make: (index: number) => Promise<unknown>): Promise<void> => {
  let next = 0
  const lane = async () => {
    while (next < count) await make(next++)
  }
  await Promise.all(Array.from({ length: 16 }, lane))
}

const numbered = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

/** A namespace in which stores and ExternalSecrets are, all of them made before anybody looks at them. */
const setUp = async (
  t: Tap,
  { stores, identities, readers }: { stores: number; identities: number; readers: number },
) => {
  const namespace = await namespaceFor(t)
  const paths = pathsOf(namespace)
  const gateway = await startTlsGateway(t, seed, { random: randomBytes })
  await each(identities, index =>
    create(paths.secrets, credentials({ name: `creds-${index}`, accessId: idOf(index), accessKey })),
  )
  const secret = (index: number) => `creds-${index % identities}`
  await each(stores, index => create(paths.stores, secretStore(`store-${index}`, storeSpec({ secret: secret(index) }))))
  const names = numbered('reader', readers)
  await each(readers, index => {
    const secretStoreRef = { name: `store-${index % stores}` }
    return create(
      paths.externalSecrets,
      externalSecret(names[index] ?? '', { secretStoreRef, data: [entry('k', '/one')] }),
    )
  })
  const latchkey = await startLatchkey(t, { namespace, gateway })
  const allReady = (collection: string, count: number) =>
    until(
      t,
      `${count} of ${collection} to be Ready`,
      async () => {
        const { items } = await get(collection)
        return items.length === count && items.every((item: Json) => readyOf(item)?.status === 'True')
          ? true
          : undefined
      },
      40_000,
    )
  const calls = (wanted: string) => gateway.journal().filter(({ op }) => op === wanted).length
  return { paths, gateway, latchkey, allReady, calls }
}

t.test('a thousand ExternalSecrets on one store: one login', async t => {
  const { paths, allReady, calls } = await setUp(t, { stores: 1, identities: 1, readers: 1_000 })
  await allReady(paths.externalSecrets, 1_000)
  t.same([calls('auth'), calls('describe-item'), calls('get-secret-value')], [1, 1, 1])
})

t.test('a hundred stores of one identity, each with a reader: one login', async t => {
  const { paths, allReady, calls } = await setUp(t, { stores: many, identities: 1, readers: many })
  await allReady(paths.stores, many)
  await allReady(paths.externalSecrets, many)
  t.same([calls('auth'), calls('describe-item'), calls('get-secret-value')], [1, 1, 1])
})

t.test('a hundred stores of a hundred identities: a hundred logins, each its own', async t => {
  const { paths, gateway, allReady, calls } = await setUp(t, { stores: many, identities: many, readers: many })
  await allReady(paths.stores, many)
  await allReady(paths.externalSecrets, many)
  const logins = gateway.journal().flatMap(({ op, accessId }) => (op === 'auth' ? [accessId ?? ''] : []))
  t.same([...logins].sort(), Array.from({ length: many }, (_, index) => idOf(index)).sort())
  t.equal(calls('get-secret-value'), many, 'and what one of them has read is not for the next')
})

t.test('two hundred stores at the start of a process: two hundred logins, and none refused', async t => {
  const { paths, gateway, allReady } = await setUp(t, { stores: 2 * many, identities: 2 * many, readers: 0 })
  await allReady(paths.stores, 2 * many)
  const statuses = gateway.journal().flatMap(({ op, status }) => (op === 'auth' ? [status] : []))
  t.same([statuses.length, [...new Set(statuses)]], [2 * many, [200]])
})
