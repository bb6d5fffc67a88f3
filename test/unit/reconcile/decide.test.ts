import t from 'tap'
import { type Decision, decide, spread } from '../../../pkg/reconcile/decide.ts'
import type { SecretDigest } from '../../../pkg/reconcile/ports.ts'
import { ago, digest, externalSecret, now, synced } from './build.ts'

const sync = (reason: string, maxAgeMs: number, keepsClock = false) => ({ do: 'sync', reason, maxAgeMs, keepsClock })
const hour = 3600e3
const fifth = hour / 5
const skip = (afterMs: number | undefined) => ({ do: 'skip', afterMs })

const asked = { annotations: { 'force-sync': '1' } }
const markedFor = (value: string) =>
  digest({ user: 'u' }, { annotations: { ...digest().annotations, 'force-sync': value } })
const edited = { metadata: { generation: 2 } }
const failed = { conditions: [{ type: 'Ready', status: 'False', reason: 'SecretSyncedError', message: 'x' }] }
const absent = { conditions: [{ type: 'Ready', status: 'True', reason: 'SecretMissing', message: 'x' }] }
const hourly = synced(600)
const secret = digest()

const cases: {
  name: string
  es: ReturnType<typeof externalSecret>
  secret: SecretDigest | undefined
  want: object
}[] = [
  { name: 'a new object is synced', es: externalSecret(), secret: undefined, want: sync('first', 30e3) },
  {
    name: 'a new object with a short interval takes no value older than a fifth of it',
    es: externalSecret({ spec: { refreshInterval: '10s' } }),
    secret: undefined,
    want: sync('first', 2e3),
  },
  { name: 'before the interval is over nothing happens', es: hourly, secret, want: skip(hour - 600e3) },
  { name: 'at the end of the interval values are read again', es: synced(3600), secret, want: sync('due', fifth) },
  { name: 'a refresh that is long due happens', es: synced(99999), secret, want: sync('due', fifth) },
  {
    name: 'a refreshTime in the future tells nothing',
    es: synced(-60),
    secret,
    want: sync('clock', fifth),
  },
  {
    name: 'Go’s zero time is no refreshTime',
    es: synced(600, {}, { refreshTime: '0001-01-01T00:00:00Z' }),
    secret,
    want: sync('first', 30e3),
  },
  {
    name: 'an edited spec is synced',
    es: externalSecret({ ...edited, status: { ...hourly.status } }),
    secret,
    want: sync('changed', 30e3),
  },
  {
    name: 'a changed label is synced with new values',
    es: externalSecret({ metadata: { labels: { a: 'b' } }, status: { ...hourly.status } }),
    secret,
    want: sync('touched', 0),
  },
  {
    name: 'a changed label costs no new lease',
    es: externalSecret({
      metadata: { labels: { a: 'b' } },
      status: { ...hourly.status, nextRefreshTime: ago(-200) },
    }),
    secret,
    want: sync('touched', 800e3, true),
  },
  {
    name: 'force-sync reads anew, lease or not',
    es: externalSecret({ metadata: asked, status: { ...hourly.status, nextRefreshTime: ago(-200) } }),
    secret,
    want: sync('forced', 0),
  },
  {
    name: 'a force-sync that the Secret was written for is done',
    es: synced(600, { metadata: asked }),
    secret: markedFor('1'),
    want: skip(hour - 600e3),
  },
  {
    name: 'a force-sync from before a take-over is done',
    es: synced(600, { metadata: asked }),
    secret,
    want: skip(hour - 600e3),
  },
  {
    name: 'a lease that ends sooner than the interval makes the refresh due',
    es: synced(600, {}, { nextRefreshTime: ago(1) }),
    secret,
    // a fifth of the 599 s that the lease was good for
    want: sync('due', 599e3 / 5),
  },
  {
    name: 'a lease that ends later than the interval does not delay the refresh',
    es: synced(3600, {}, { nextRefreshTime: ago(-9999) }),
    secret,
    want: sync('due', fifth),
  },
  {
    name: 'the next pass is set to the end of the lease',
    es: synced(600, {}, { nextRefreshTime: ago(-100) }),
    secret,
    want: skip(100e3),
  },
  { name: 'a deleted Secret is made again', es: hourly, secret: undefined, want: sync('drift', hour, true) },
  {
    name: 'edited data is repaired',
    es: hourly,
    secret: digest({ user: 'u' }, { dataHash: 'other' }),
    want: sync('drift', hour, true),
  },
  {
    name: 'edited data with a matching hash of somebody’s own is repaired',
    es: hourly,
    secret: digest({ user: 'u' }, { annotations: {} }),
    want: sync('drift', hour, true),
  },
  {
    name: 'a Secret that lost its created-by label is repaired',
    es: hourly,
    secret: digest({ user: 'u' }, { labels: { 'reconcile.external-secrets.io/managed': 'true' } }),
    want: sync('drift', hour, true),
  },
  {
    name: 'a Secret that lost its owner is repaired',
    es: hourly,
    secret: digest({ user: 'u' }, { ownerReferences: [] }),
    want: sync('drift', hour, true),
  },
  {
    name: 'a Secret that a former object of the name owned is taken over',
    es: hourly,
    secret: digest({ user: 'u' }, { ownerReferences: [{ ...digest().ownerReferences[0]!, uid: 'old' }] }),
    want: sync('drift', hour, true),
  },
  {
    name: 'interval 0 never refreshes',
    es: synced(99999, { spec: { refreshInterval: '0' } }),
    secret,
    want: skip(undefined),
  },
  {
    name: 'interval 0 ignores an edited spec',
    es: externalSecret({ ...edited, spec: { refreshInterval: '0s' }, status: { ...hourly.status } }),
    secret,
    want: skip(undefined),
  },
  {
    name: 'interval 0 ignores a changed label',
    es: externalSecret({
      metadata: { labels: { a: 'b' } },
      spec: { refreshInterval: '0s' },
      status: { ...hourly.status },
    }),
    secret,
    want: skip(undefined),
  },
  {
    name: 'interval 0 obeys force-sync',
    es: externalSecret({ metadata: asked, spec: { refreshInterval: '0s' }, status: { ...hourly.status } }),
    secret,
    want: sync('forced', 0),
  },
  {
    name: 'interval 0 ignores other edits after a force-sync was done',
    es: externalSecret({
      metadata: { annotations: { 'force-sync': '1', other: 'x' } },
      spec: { refreshInterval: '0s' },
      status: { ...hourly.status },
    }),
    secret: markedFor('1'),
    want: skip(undefined),
  },
  {
    name: 'interval 0 repairs the Secret',
    es: synced(99999, { spec: { refreshInterval: '0' } }),
    secret: undefined,
    want: sync('drift', 30e3, true),
  },
  {
    name: 'interval 0 cares for no clock',
    es: synced(-60, { spec: { refreshInterval: '0' } }),
    secret,
    want: skip(undefined),
  },
  {
    name: 'CreatedOnce never reads again, whatever is edited',
    es: externalSecret({
      metadata: { generation: 2, annotations: { 'force-sync': '2' } },
      spec: { refreshPolicy: 'CreatedOnce' },
      status: { ...hourly.status },
    }),
    secret,
    want: skip(undefined),
  },
  {
    name: 'CreatedOnce repairs the Secret',
    es: synced(99999, { spec: { refreshPolicy: 'CreatedOnce' } }),
    secret: undefined,
    want: sync('drift', 30e3, true),
  },
  {
    name: 'OnChange does not refresh by time',
    es: synced(99999, { spec: { refreshPolicy: 'OnChange' } }),
    secret,
    want: skip(undefined),
  },
  {
    name: 'OnChange obeys an edited spec',
    es: externalSecret({ ...edited, spec: { refreshPolicy: 'OnChange' }, status: { ...hourly.status } }),
    secret,
    want: sync('changed', 30e3),
  },
  {
    name: 'OnChange obeys a changed annotation',
    es: externalSecret({
      metadata: { annotations: { a: 'b' } },
      spec: { refreshPolicy: 'OnChange' },
      status: { ...hourly.status },
    }),
    secret,
    want: sync('touched', 0),
  },
  ...(['Orphan', 'None'] as const).map(creationPolicy => ({
    name: `${creationPolicy} guards nothing`,
    es: synced(600, { spec: { target: { creationPolicy } } }),
    secret: undefined,
    want: skip(hour - 600e3),
  })),
  ...(['Merge', 'CreateOrMerge'] as const).flatMap(creationPolicy => [
    {
      name: `${creationPolicy} repairs edited data, whoever owns the Secret`,
      es: synced(600, { spec: { target: { creationPolicy } } }),
      secret: digest({ user: 'u' }, { dataHash: 'other', ownerReferences: [] }),
      want: sync('drift', hour, true),
    },
    {
      name: `${creationPolicy} needs no owner`,
      es: synced(600, { spec: { target: { creationPolicy } } }),
      secret: digest(
        { user: 'u' },
        { ownerReferences: [], labels: { 'reconcile.external-secrets.io/managed': 'true' } },
      ),
      want: skip(hour - 600e3),
    },
  ]),
  {
    name: 'a Secret to merge with that has come is merged with, though it looks as if we had',
    es: synced(600, { spec: { target: { creationPolicy: 'Merge' } } }, absent),
    secret,
    want: sync('drift', hour, true),
  },
  {
    name: 'one that has not come is waited for, and looked for once the interval is over',
    es: synced(3600, { spec: { target: { creationPolicy: 'Merge' } } }, absent),
    secret: undefined,
    want: sync('due', fifth),
  },
  {
    name: 'a failure that is over is taken back without a read',
    es: synced(99999, { spec: { refreshPolicy: 'CreatedOnce' } }, failed),
    secret,
    want: { do: 'affirm', afterMs: undefined },
  },
  {
    name: 'a failed refresh is still due',
    es: synced(3601, {}, failed),
    secret,
    want: sync('due', fifth),
  },
  {
    name: 'a deleted object gives up ESO’s finalizer and nobody else’s',
    es: externalSecret({
      metadata: {
        deletionTimestamp: ago(1),
        finalizers: ['other/one', 'externalsecrets.external-secrets.io/externalsecret-cleanup'],
      },
    }),
    secret,
    want: { do: 'release', finalizers: ['externalsecrets.external-secrets.io/externalsecret-cleanup'] },
  },
]

for (const { name, es, secret, want } of cases) {
  t.test(name, async t => {
    const decision: Decision = decide({ externalSecret: es, secret, sourcesChanged: false, now })
    t.same(decision, want)
  })
}

t.test('a wait is spread forward by at most a tenth of the interval', async t => {
  t.equal(
    spread(hour, hour, () => 0),
    hour,
  )
  t.equal(
    spread(hour, hour, () => 0.5),
    hour * 1.05,
  )
  t.ok(spread(hour, hour, () => 0.999999) < hour * 1.1)
  t.equal(
    spread(1000, hour, () => 0.5),
    1050,
    'a short rest of a long interval is not stretched by minutes',
  )
})
