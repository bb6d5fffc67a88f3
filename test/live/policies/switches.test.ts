// A policy that is changed on a living object, and what two who share a Secret do to each other.
import t, { type Test } from 'tap'
import { startAudit } from '../../support/audit.ts'
import { until } from '../../support/cluster.ts'
import {
  create,
  entry,
  externalSecret,
  type Json,
  patch,
  remove,
  settled,
  textsOf,
  whenReady,
} from '../../support/objects.ts'
import { base64, openStage, readyLine, staticItems, told } from './stage.ts'
import { type Creation, creations } from './table.ts'

const audit = await startAudit(t)
const moving = ['later', 'gone', 'back', 'frozen', 'mended', 'zero', 'once', 'change', 'orphan'].map(
  name => `/moving/${name}`,
)
const items = { '/a': 'a', '/b': 'b', ...Object.fromEntries(moving.map(path => [path, 'one'])) }
const stage = await openStage(t, staticItems(items), { kubeconfig: audit.kubeconfig })
const { paths, gateway, esOf, secretOf, secret, make, person, says, synced, force } = stage

const synced1 = 'True SecretSynced: secret synced'
const missing = 'True SecretMissing: secret will not be created due to CreationPolicy=Merge'
const writes = (name: string) => audit.writes().filter(line => line.endsWith(`/secrets/${name}`))

const shares = (policy: Creation) => policy !== 'Owner' && policy !== 'Orphan'
const retarget = (name: string, target: object) => patch(esOf(name), { spec: { target } })

/** What is in the Secret of a person that held `own` after these policies, one after the other. */
const after = (name: string, ...policies: readonly Creation[]) => {
  const last = policies.findLast(policy => policy !== 'None')
  return {
    data: { ...(last ? { a: 'a' } : {}), ...(policies.every(shares) ? { own: 'theirs' } : {}) },
    owners: last === 'Owner' ? [name] : [],
    marked: last === 'Owner',
  }
}

const switches = creations.flatMap(from =>
  creations.flatMap(to => (from === to ? [] : [{ from, to, name: `${from}-${to}`.toLowerCase() }])),
)

t.test('every creationPolicy becomes every other one, and is taken back', async t => {
  const each = (work: (one: (typeof switches)[number]) => Promise<unknown>) => Promise.all(switches.map(work))
  await each(async ({ name, from }) => {
    await person(name, { own: 'theirs' })
    await make(name, { creationPolicy: from }, { a: '/a' })
    await synced(t, name)
    t.same(told(await secret(name)), after(name, from), `${name} before`)
  })
  await each(async ({ name, from, to }) => {
    await retarget(name, { creationPolicy: to })
    const object = await synced(t, name, 2)
    t.equal(readyLine(object), synced1)
    t.same(told(await secret(name)), after(name, from, to), `${name} after`)
  })
  await each(async ({ name, from, to }) => {
    await retarget(name, { creationPolicy: from })
    await synced(t, name, 3)
    t.same(told(await secret(name)), after(name, from, to, from), `${name} and back`)
  })
  await each(({ name, to }) => retarget(name, { creationPolicy: to }))
  await each(({ name }) => synced(t, name, 4))
  await each(({ name }) => remove(esOf(name)))
  // None lets go of nothing: what an Owner made goes with the ExternalSecret even then
  const owned = switches.filter(({ from, to }) => to === 'Owner' || (from === 'Owner' && to === 'None'))
  await Promise.all(
    // the garbage collector has other files' namespaces to clear as well
    owned.map(({ name }) =>
      until(t, `${name} collected`, async () => ((await secret(name)) ? undefined : true), 60_000),
    ),
  )
  for (const { name } of switches.filter(one => !owned.includes(one))) t.ok(await secret(name), `${name} stays`)
})

t.test('another target.name: an Owner moves, all others leave the old Secret where it is', async t => {
  const renames: readonly { policy: Creation; old: object | undefined; now: object | undefined; ready: string }[] = [
    { policy: 'Owner', old: undefined, now: { a: 'a' }, ready: synced1 },
    { policy: 'Orphan', old: { a: 'a' }, now: { a: 'a' }, ready: synced1 },
    { policy: 'Merge', old: { a: 'a', own: 'theirs' }, now: undefined, ready: missing },
    { policy: 'CreateOrMerge', old: { a: 'a', own: 'theirs' }, now: { a: 'a' }, ready: synced1 },
    { policy: 'None', old: { own: 'theirs' }, now: undefined, ready: synced1 },
  ]
  for (const { policy, old, now, ready } of renames) {
    const name = `rename-${policy.toLowerCase()}`
    await person(`${name}-1`, { own: 'theirs' })
    await make(name, { creationPolicy: policy, name: `${name}-1` }, { a: '/a' })
    await synced(t, name)
    await retarget(name, { name: `${name}-2` })
    t.equal(readyLine(await synced(t, name, 2)), ready, policy)
    if (!old) await until(t, 'the old one gone', async () => ((await secret(`${name}-1`)) ? undefined : true))
    t.same(told(await secret(`${name}-1`))?.data, old, `${policy}: the old one`)
    t.same(told(await secret(`${name}-2`))?.data, now, `${policy}: the new one`)
  }
})

t.test('a target.name that is taken moves nothing and takes nothing away', async t => {
  await make('holder', { name: 'held' }, { a: '/a' })
  await synced(t, 'holder')
  await make('mover', {}, { b: '/b' })
  await synced(t, 'mover')
  const was = [await secret('held'), await secret('mover')]
  await retarget('mover', { name: 'held' })
  await says(t, 'mover', /^False .* Secret held belongs to ExternalSecret holder → choose another name/)
  t.same([await secret('held'), await secret('mover')], was)
  await retarget('mover', { name: 'free' })
  await synced(t, 'mover', 3)
  await until(t, 'the first one gone', async () => ((await secret('mover')) ? undefined : true))
  t.same(told(await secret('free'))?.data, { b: 'b' })
})

t.test('another deletionPolicy is heard while the items are gone', async t => {
  await make('regret', {}, { a: '/a', g: '/moving/gone' })
  await make('last', { name: 'last' }, { g: '/moving/gone' })
  await Promise.all([synced(t, 'regret'), synced(t, 'last')])
  gateway.remove('/moving/gone')
  await Promise.all([force('regret'), force('last')])
  const kept = /^False SecretSyncedError: .*\/moving\/gone.*; Secret kept as of \S+$/
  await Promise.all([says(t, 'regret', kept), says(t, 'last', kept)])
  t.same(told(await secret('regret'))?.data, { a: 'a', g: 'one' })
  await Promise.all([retarget('regret', { deletionPolicy: 'Merge' }), retarget('last', { deletionPolicy: 'Delete' })])
  const merged = await synced(t, 'regret', 2)
  t.match(readyLine(merged), /^True SecretSynced: secret synced; without spec\.data\[1\]\.remoteRef\.key: /)
  t.match(merged.status.faults, [{ code: 'ItemNotFound', path: 'spec.data[1].remoteRef.key' }])
  t.same(told(await secret('regret'))?.data, { a: 'a' })
  await retarget('regret', { deletionPolicy: 'Retain' })
  await says(t, 'regret', kept)
  t.same(told(await secret('regret'))?.data, { a: 'a' }, 'what is gone is not invented')

  await says(t, 'last', 'True SecretDeleted: secret deleted due to DeletionPolicy=Delete')
  t.equal(await secret('last'), undefined)
  await gateway.put({ path: '/moving/gone', type: 'STATIC_SECRET', value: 'two' })
  await force('last', '2')
  await says(t, 'last', synced1)
  t.same(told(await secret('last'))?.data, { g: 'two' })
})

t.test('immutable: drift is told, Kubernetes takes nothing back, and a deleted Secret is made anew', async t => {
  await make('frozen', {}, { k: '/moving/frozen' })
  await synced(t, 'frozen')
  await retarget('frozen', { immutable: true })
  await synced(t, 'frozen', 2)
  t.equal((await secret('frozen'))?.immutable, true)
  await retarget('frozen', { immutable: false })
  t.equal(readyLine(await synced(t, 'frozen', 3)), synced1, 'it holds what it should')
  t.equal((await secret('frozen'))?.immutable, true, 'nobody can take that back')
  const was = await secret('frozen')
  gateway.rotate('/moving/frozen', 'two')
  await force('frozen')
  const differs =
    /^False .*: spec\.target\.name: Secret frozen is immutable and holds other data than Akeyless → delete Secret frozen; it is made anew; Secret kept/
  await says(t, 'frozen', differs)
  t.same(await secret('frozen'), was)
  await retarget('frozen', { immutable: true })
  await settled(t, esOf('frozen'), ({ status }) => status.observedGeneration === 4)
  await says(t, 'frozen', differs)
  gateway.rotate('/moving/frozen', 'three')
  await force('frozen', '2')
  await remove(secretOf('frozen'))
  await says(t, 'frozen', synced1)
  const anew = await secret('frozen')
  t.same(
    [textsOf(anew), anew?.immutable],
    [{ k: 'three' }, true],
    'what could not be written is not kept for a force-sync',
  )
})

t.test('refreshPolicy and interval 0 decide when, creationPolicy what', async t => {
  const asleep = { refreshInterval: '0' }
  await make('zero', { creationPolicy: 'Orphan' }, { k: '/moving/zero' }, asleep)
  await make('once', { creationPolicy: 'Orphan' }, { k: '/moving/once' }, { refreshPolicy: 'CreatedOnce' })
  await make('owned', {}, { k: '/moving/once' }, { refreshPolicy: 'CreatedOnce' })
  await make('change', { creationPolicy: 'Orphan' }, { k: '/moving/change' }, { refreshPolicy: 'OnChange' })
  const names = ['zero', 'once', 'owned', 'change']
  await Promise.all(names.map(name => synced(t, name)))
  for (const item of ['zero', 'once', 'change']) gateway.rotate(`/moving/${item}`, 'two')
  for (const name of names) await remove(secretOf(name))
  // an Owner guards its Secret, even if it reads only once
  await until(t, 'the owned one', async () => textsOf(await secret('owned'))['k'])
  for (const name of ['zero', 'once', 'change']) await retarget(name, { name: `${name}-2` })
  await synced(t, 'change', 2)
  for (const name of ['zero', 'once', 'change']) await force(name)
  for (const name of ['zero-2', 'change-2']) {
    await until(t, 'force-sync heard', async () => textsOf(await secret(name))['k'] === 'two' || undefined)
  }
  for (const name of ['zero', 'once', 'change', 'once-2']) t.equal(await secret(name), undefined, name)
})

t.test('a Secret to merge with that comes later is merged with at once, whoever makes it', async t => {
  const waits = (name: string, more: object = {}) =>
    make(name, { creationPolicy: 'Merge', name: `${name}-target` }, { a: '/a' }, more)
  await waits('patient')
  await waits('guest')
  await waits('idle', { refreshInterval: '0' })
  for (const name of ['patient', 'guest', 'idle']) await says(t, name, missing)
  await person('patient-target', { own: 'theirs' })
  await make('host', { creationPolicy: 'CreateOrMerge', name: 'guest-target' }, { b: '/b' })
  await make('host-2', { creationPolicy: 'Orphan', name: 'idle-target' }, { a: '/b' })
  await Promise.all(['patient', 'guest', 'idle'].map(name => says(t, name, synced1)))
  t.same(told(await secret('patient-target'))?.data, { a: 'a', own: 'theirs' })
  t.same(told(await secret('guest-target'))?.data, { a: 'a', b: 'b' })
  t.same(told(await secret('idle-target'))?.data, { a: 'a' })
  await remove(secretOf('patient-target'))
  await says(t, 'patient', missing)
  t.equal(await secret('patient-target'), undefined)
})

const quiet = async (t: Test, name: string): Promise<void> => {
  // a repair that comes after everything that is still on its way
  await make(name, {}, { a: '/a' })
  await synced(t, name)
  await remove(secretOf(name))
  await until(t, 'a repair', async () => (await secret(name)) && true)
}

t.test('two ExternalSecrets share a Secret: no write calls for another, and each takes back its own keys', async t => {
  const into = { creationPolicy: 'CreateOrMerge', name: 'commons' }
  await make('left', into, { l1: '/a', l2: '/b' })
  await make('right', into, { r1: '/a', r2: '/b' })
  await Promise.all([synced(t, 'left'), synced(t, 'right')])
  await until(t, 'both', async () => (Object.keys(textsOf(await secret('commons'))).length === 4 ? true : undefined))
  await quiet(t, 'quiet-1')
  const { length } = writes('commons')
  t.ok(length <= 2, `${length} writes after the create`)

  await patch(esOf('left'), { spec: { data: [entry('l1', '/a')] } })
  await synced(t, 'left', 2)
  t.same(told(await secret('commons'))?.data, { l1: 'a', r1: 'a', r2: 'b' })
  await patch(secretOf('commons'), { data: { own: 'dGhlaXJz', r2: null } })
  await settled(t, secretOf('commons'), object => textsOf(object)['r2'] === 'b')
  t.same(told(await secret('commons'))?.data, { l1: 'a', r1: 'a', r2: 'b', own: 'theirs' })
  await quiet(t, 'quiet-2')
  const { resourceVersion } = (await secret('commons'))?.metadata ?? {}
  await quiet(t, 'quiet-3')
  t.equal((await secret('commons'))?.metadata.resourceVersion, resourceVersion)

  await remove(esOf('left'))
  await patch(esOf('right'), { spec: { data: [entry('r1', '/a')] } })
  await synced(t, 'right', 2)
  t.same(told(await secret('commons'))?.data, { l1: 'a', r1: 'a', own: 'theirs' }, 'what a deleted one left stays')
})

t.test('two that give one key different values write it when they sync, and not against each other', async t => {
  const into = { creationPolicy: 'CreateOrMerge', name: 'contested' }
  await make('one', into, { k: '/a' })
  await synced(t, 'one')
  await make('other', into, { k: '/b' })
  await synced(t, 'other')
  t.same(told(await secret('contested'))?.data, { k: 'b' })
  await quiet(t, 'quiet-4')
  t.same(told(await secret('contested'))?.data, { k: 'b' })
  t.equal(writes('contested').length, 1, 'the one replace')
  await force('one')
  await settled(t, secretOf('contested'), object => textsOf(object)['k'] === 'a')
  await quiet(t, 'quiet-5')
  t.same(told(await secret('contested'))?.data, { k: 'a' })
})

t.test('a Secret that an ExternalSecret owns takes no keys of another one; once it lets go, it does', async t => {
  await make('landlord', { name: 'house' }, { a: '/a' })
  await synced(t, 'landlord')
  await make('lodger', { name: 'house', creationPolicy: 'Merge' }, { b: '/b' })
  await says(t, 'lodger', /^False .*Secret house belongs to ExternalSecret landlord → choose another name$/)
  await retarget('landlord', { creationPolicy: 'CreateOrMerge' })
  await synced(t, 'landlord', 2)
  await says(t, 'lodger', synced1)
  t.same(told(await secret('house')), { data: { a: 'a', b: 'b' }, owners: [], marked: false })
})

t.test('an owner that is gone, or one that is nobody’s controller, keeps nothing from us', async t => {
  const map: Json = await create(`/api/v1/namespaces/${stage.namespace}/configmaps`, { metadata: { name: 'other' } })
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid: map.metadata.uid }
  await create(paths.secrets, {
    metadata: { name: 'lent', ownerReferences: [reference] },
    data: base64({ own: 'theirs' }),
  })
  await create(paths.externalSecrets, externalSecret('lent', { data: [entry('a', '/a')] }))
  await whenReady(t, esOf('lent'))
  t.same(told(await secret('lent')), { data: { a: 'a' }, owners: ['other', 'lent'], marked: true })
  await retarget('lent', { creationPolicy: 'Orphan' })
  await synced(t, 'lent', 2)
  t.same(told(await secret('lent')), { data: { a: 'a' }, owners: ['other'], marked: false })
})
