// One write for a manifest target, whoever else writes it, and how drift is seen.
import t from 'tap'
import { createdByHash, Fault, fieldManager } from '#core'
import { objectHash } from '../../../pkg/reconcile/manifest/draft.ts'
import { holdsItsHash, isIntactObject, isWrittenByUs } from '../../../pkg/reconcile/manifest/intact.ts'
import type { ManifestObject } from '../../../pkg/reconcile/manifest/object.ts'
import type { ObjectClient, ObjectWritten } from '../../../pkg/reconcile/manifest/port.ts'
import { manifestsDisabled, resourceReady } from '../../../pkg/reconcile/manifest/ready.ts'
import { writeObject } from '../../../pkg/reconcile/manifest/write.ts'
import { createdByLabel, dataHashAnnotation, managedLabel } from '../../../pkg/reconcile/marks.ts'
import { externalSecret, namespace, owner } from './build.ts'

const kind = { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps' }
const { signal } = new AbortController()
const es = (creationPolicy: string) =>
  externalSecret({ spec: { target: { creationPolicy, manifest: { apiVersion: 'v1', kind: 'ConfigMap' } } } })

const live = (version: string, data: Record<string, string>): ManifestObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'app', namespace, uid: 'u', resourceVersion: version },
  data,
})

/** A cluster with one ConfigMap in it, where somebody else writes before each of the first `rivals` writes. */
const cluster = (start: ManifestObject | undefined, rivals: number) => {
  const calls: string[] = []
  let [now, left] = [start, rivals]
  const put = (verb: string, object: ManifestObject, manager: string): ObjectWritten => {
    calls.push(`${verb} by ${manager}`)
    if (left > 0) {
      left -= 1
      now = live(`r${left}`, { rival: String(left) })
      return { did: 'conflict' }
    }
    now = object
    return { did: 'written', mark: 'new' }
  }
  const client: ObjectClient = {
    resolve: async () => kind,
    read: async () => {
      calls.push('read')
      return now
    },
    markOf: ({ metadata }) => `mark of ${metadata.resourceVersion}`,
    create: async (_, object, manager) => put('create', object, manager),
    replace: async (_, object, manager) => put('replace', object, manager),
    remove: async () => undefined,
  }
  return { client, calls, now: () => now }
}

const lay = async (base: ManifestObject) => {
  const data = base['data']
  return { ...base, data: { ...(typeof data === 'object' ? data : {}), ours: '1' } }
}
const write = (client: ObjectClient, policy: string, existing: ManifestObject | undefined) =>
  writeObject(client, { externalSecret: es(policy), kind, existing, lay, approve: () => {} }, signal)

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )

t.test('what somebody else wrote in between is read, and the same values are laid over it', async t => {
  const { client, calls, now } = cluster(undefined, 2)
  t.strictSame(await write(client, 'CreateOrMerge', undefined), { did: 'updated', mark: 'new' })
  const by = fieldManager('app')
  t.strictSame(calls, [`create by ${by}`, 'read', `replace by ${by}`, 'read', `replace by ${by}`])
  t.match(now(), { data: { rival: '0', ours: '1' }, metadata: { resourceVersion: 'r0' } })
  const existing = now()
  if (!existing) throw new Error('nothing there')
  t.strictSame(await write(client, 'CreateOrMerge', existing), { did: 'unchanged', mark: 'mark of r0' })
  t.equal(calls.length, 5)
})

t.test('somebody who writes all the time is told after five tries', async t => {
  const { client, calls } = cluster(live('1', {}), 9)
  await t.rejects(write(client, 'Merge', live('1', {})), { code: 'ClusterRefused', message: /at each of 5 tries/ })
  t.equal(calls.filter(call => call.startsWith('replace')).length, 5)
})

t.test('an object that came in between and is not ours is not written', async t => {
  const { client, now } = cluster(undefined, 1)
  await t.rejects(write(client, 'Owner', undefined), { code: 'SecretOwned' })
  t.strictSame(now(), live('r0', { rival: '0' }))
})

t.test('Merge makes nothing', async t => {
  const { client, calls } = cluster(undefined, 0)
  t.strictSame(await write(client, 'Merge', undefined), { did: 'absent' })
  t.strictSame(calls, [])
})

t.test('a field that the API server refuses is told in the words of the ExternalSecret', async t => {
  const { client } = cluster(undefined, 0)
  const refusing = (path: string): ObjectClient => ({
    ...client,
    create: () => Promise.reject(new Fault('ClusterRefused', 'the API server answers Invalid 422', { path })),
  })
  t.match(await failure(write(refusing('data[a]'), 'Owner', undefined)), { path: 'spec.target.manifest' })
  t.match(await failure(write(refusing('metadata.name'), 'Owner', undefined)), { path: 'spec.target.name' })
  const away = { ...client, create: () => Promise.reject(new Fault('ClusterUnreachable', 'away')) }
  await t.rejects(write(away, 'Owner', undefined), { code: 'ClusterUnreachable', message: 'away' })
})

t.test('drift is seen by metadata alone', t => {
  const digest = {
    mark: 'm',
    labels: { [managedLabel]: 'true', [createdByLabel]: createdByHash(namespace, 'app') },
    annotations: {},
    ownerReferences: [owner],
  }
  const cases = [
    ['intact', 'Owner', digest, 'm'],
    ['unknown', 'Owner', digest, undefined],
    ['drifted', 'Owner', digest, 'other'],
    ['drifted', 'Owner', undefined, 'm'],
    ['drifted', 'Owner', { ...digest, labels: { [managedLabel]: 'true' } }, 'm'],
    ['drifted', 'Owner', { ...digest, ownerReferences: [{ ...owner, uid: 'x' }] }, 'm'],
    ['intact', 'Merge', { ...digest, labels: { [managedLabel]: 'true' }, ownerReferences: [] }, 'm'],
    ['drifted', 'Merge', { ...digest, labels: {} }, 'm'],
    ['intact', 'Orphan', undefined, undefined],
    ['intact', 'None', undefined, undefined],
  ] as const
  for (const [expected, policy, seen, mark] of cases) {
    t.equal(isIntactObject(es(policy), seen, mark), expected, `${policy} ${expected}`)
  }
  const content = { data: { a: '1' } }
  const at = (hash: string) => ({
    ...live('1', content.data),
    metadata: { ...live('1', {}).metadata, annotations: { [dataHashAnnotation]: hash } },
  })
  t.ok(holdsItsHash(at(objectHash(content))))
  t.notOk(holdsItsHash(at(objectHash({ data: { a: '2' } }))))
  t.notOk(holdsItsHash(live('1', {})))
  t.end()
})

t.test('conditions carry the reasons that ESO has for manifest targets', t => {
  t.strictSame(
    Object.values(resourceReady).map(({ reason }) => reason),
    ['ResourceSynced', 'ResourceSynced', 'ResourceDeleted', 'ResourceMissing'],
  )
  t.match(
    manifestsDisabled().line(),
    /^spec\.target\.manifest: .* → start Latchkey with --unsafe-allow-generic-targets/,
  )
  t.end()
})

t.test('content beside the hashed root is not vouched for by the hash', t => {
  const at = (content: object) => {
    const object = { ...live('1', {}), ...content }
    const annotations = { [dataHashAnnotation]: objectHash(object) }
    return { ...object, metadata: { ...object.metadata, annotations } }
  }
  t.ok(holdsItsHash(at({ data: { a: '1' } })))
  t.ok(holdsItsHash(at({ data: { a: '1' }, immutable: true })))
  t.ok(holdsItsHash(at({ data: undefined, spec: { a: 1 }, status: { b: 2 } })) === false, 'data beside spec')
  t.notOk(holdsItsHash(at({ data: { a: '1' }, binaryData: { b: 'MQ==' } })))
  t.notOk(holdsItsHash(at({ data: { a: '1' }, rules: [] })))
  t.end()
})

t.test('after a restart, who wrote the content tells what a hash over defaults cannot', t => {
  const ours = { manager: fieldManager('app'), fieldsV1: { 'f:metadata': {}, 'f:spec': { 'f:mode': {} } } }
  const by = (...managedFields: { manager: string; fieldsV1: object }[]): ManifestObject => ({
    ...live('1', {}),
    metadata: { ...live('1', {}).metadata, managedFields },
  })
  const theirs = (fieldsV1: object) => ({ manager: 'kubectl-edit', fieldsV1 })
  t.ok(isWrittenByUs(by(ours), es('Owner')))
  t.ok(isWrittenByUs(by(ours, theirs({ 'f:metadata': {} }), theirs({ 'f:status': {} })), es('Owner')))
  t.notOk(isWrittenByUs(by(ours, theirs({ 'f:spec': { 'f:a': {} } })), es('Owner')))
  t.notOk(isWrittenByUs(by(theirs({ 'f:metadata': {} })), es('Owner')), 'nothing of it is ours')
  t.notOk(isWrittenByUs(by(), es('Owner')))
  t.end()
})

t.test('keys that a replace would take away are told before it, and may not go yet', async t => {
  const told: unknown[] = []
  const { client, calls } = cluster(live('1', {}), 0)
  const existing = {
    ...live('1', { ours: '0', old: '1', older: '2' }),
    metadata: { ...live('1', {}).metadata, labels: { [managedLabel]: 'true' } },
  }
  const write = {
    externalSecret: es('Owner'),
    kind,
    existing,
    lay,
    approve: (change: unknown) => {
      told.push(change)
      throw new Fault('RemovalPending', 'wait')
    },
  }
  await t.rejects(writeObject(client, write, signal), { code: 'RemovalPending' })
  t.strictSame(told, [{ drops: ['old', 'older'], of: 3 }])
  t.strictSame(calls, [], 'nothing is written')
})
