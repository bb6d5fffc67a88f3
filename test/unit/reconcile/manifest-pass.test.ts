// Whole passes over an ExternalSecret with a manifest target: what each of them asks of the API server, and when the next one comes.
import t from 'tap'
import { createBrake } from '../../../pkg/reconcile/brake.ts'
import { externalSecretReconciler } from '../../../pkg/reconcile/externalsecret.ts'
import { createGuard } from '../../../pkg/reconcile/guard.ts'
import { createIdentities } from '../../../pkg/reconcile/identities.ts'
import type { ManifestObject } from '../../../pkg/reconcile/manifest/object.ts'
import type { Objects } from '../../../pkg/reconcile/manifest/port.ts'
import { createStatusMemory } from '../../../pkg/reconcile/memory.ts'
import { createSourceNews } from '../../../pkg/reconcile/news.ts'
import type { Next } from '../../../pkg/reconcile/next.ts'
import { externalSecret, namespace, secretObject, secretStore } from './build.ts'
import { settle, text, world } from './ports.ts'

const { signal } = new AbortController()
const manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
const data = [{ secretKey: 'a', remoteRef: { key: '/a' } }]

/** One ConfigMap in memory, watched without delay. */
const configMaps = (log: string[]) => {
  const state: { now: ManifestObject | undefined } = { now: undefined }
  const held = new Set<string>()
  const markOf = ({ metadata }: ManifestObject) => `${metadata.uid}/${metadata.resourceVersion}`
  const put = (verb: string, object: ManifestObject) => {
    log.push(`${verb} ConfigMap`)
    const resourceVersion = `${Number(state.now?.metadata.resourceVersion ?? 0) + 1}`
    state.now = { ...object, metadata: { ...object.metadata, uid: 'u', resourceVersion } }
    return { did: 'written', mark: markOf(state.now) } as const
  }
  const objects: Objects = {
    client: {
      resolve: async () => ({ ...manifest, resource: 'configmaps' }),
      read: async () => {
        log.push('get ConfigMap')
        return state.now
      },
      markOf,
      create: async (_, object) => put('create', object),
      replace: async (_, object) => put('replace', object),
      remove: async () => {
        log.push('delete ConfigMap')
        state.now = undefined
      },
    },
    watches: {
      hold: holder => void held.add(holder),
      release: holder => void held.delete(holder),
      isSynced: () => true,
      get: () =>
        state.now && {
          labels: {},
          annotations: {},
          ownerReferences: [],
          ...state.now.metadata,
          mark: markOf(state.now),
        },
    },
  }
  return { state, held, objects }
}

const start = (spec: object) => {
  const es = externalSecret({ spec: { data, ...spec } })
  const state = world({ externalSecrets: [es], stores: [secretStore()] })
  state.items.set('/a', text('1'))
  const cluster = configMaps(state.log)
  const reconciler = () =>
    externalSecretReconciler(
      { ...state.deps, objects: cluster.objects },
      {
        identities: createIdentities(state.deps, state.deps.now),
        memory: createStatusMemory(),
        guard: createGuard(),
        brake: createBrake(),
        sources: createSourceNews(),
        marks: new Map(),
        suspect: () => {},
      },
    )
  let run = reconciler()
  const pass = async (): Promise<{ next: Next; log: readonly string[] }> => {
    state.log.length = 0
    const next = await run('demo/app', signal)
    settle(state)
    return { next, log: [...state.log] }
  }
  const restart = () => {
    run = reconciler()
  }
  return { state, held: cluster.held, kept: cluster.state, pass, restart }
}

t.test(
  'the first pass looks once, reads once, writes once; the next does nothing, nor does one after a restart',
  async t => {
    const { pass, restart } = start({ target: { manifest } })
    const { log } = await pass()
    t.match(log, ['get ConfigMap', /^read \/a/, 'create ConfigMap', 'event ExternalSecret Normal Created', /^patch/])
    t.same((await pass()).log, [])
    restart()
    t.same((await pass()).log, ['get ConfigMap'])
    t.same((await pass()).log, [])
  },
)

const change = (object: ManifestObject | undefined, metadata: object, content: object = {}): ManifestObject => {
  if (!object) throw new Error('it is not there')
  return { ...object, ...content, metadata: { ...object.metadata, resourceVersion: '9', ...metadata } }
}

t.test('what others add to the metadata is looked at once and left; what they change is repaired', async t => {
  const { pass, kept } = start({ target: { manifest } })
  await pass()
  kept.now = change(kept.now, { labels: { ...kept.now?.metadata.labels, theirs: 'x' } })
  t.same((await pass()).log, ['get ConfigMap'])
  t.same((await pass()).log, [])
  kept.now = change(kept.now, { resourceVersion: '10' }, { data: { a: 'edited' } })
  t.match((await pass()).log, ['get ConfigMap', 'get ConfigMap', /^read/, 'replace ConfigMap', /^event/])
  t.match(kept.now, { data: { a: '1' }, metadata: { labels: { theirs: 'x' } } })
  kept.now = change(kept.now, { ownerReferences: [] })
  t.match((await pass()).log, ['get ConfigMap', 'get ConfigMap', /^read/, 'replace ConfigMap', /^event/])
  kept.now = undefined
  t.match((await pass()).log, ['get ConfigMap', 'get ConfigMap', /^read/, 'create ConfigMap', /^event/])
})

const theirs: ManifestObject = { ...manifest, metadata: { name: 'app', namespace, resourceVersion: '1', uid: 'x' } }

t.test('somebody else’s object is looked at again by and by, and no item is read for it', async t => {
  const { pass, kept } = start({ target: { manifest } })
  kept.now = theirs
  const { log, next } = await pass()
  t.match(log, ['get ConfigMap', 'event ExternalSecret Warning SecretOwned', /^patch/])
  t.same(next, { go: 'wait', ms: 30e3 })
  t.same(await pass(), { log: ['get ConfigMap'], next: { go: 'wait', ms: 30e3 } }, 'told once')
  kept.now = undefined
  t.match((await pass()).log, ['get ConfigMap', /^read/, 'create ConfigMap'])
})

t.test('Merge waits for the object, reads no item meanwhile, and then does its part', async t => {
  const { pass, kept, state } = start({ target: { manifest, creationPolicy: 'Merge' } })
  const { log, next } = await pass()
  t.match(log, ['get ConfigMap', /^patch/])
  t.same(next, { go: 'wait', ms: 30e3 })
  t.match(state.externalSecrets[0]?.status?.conditions, [{ reason: 'ResourceMissing', status: 'True' }])
  const again = await pass()
  t.same(again.log, ['get ConfigMap', 'get ConfigMap'], 'the status says it already')
  t.same(again.next, { go: 'wait', ms: 30e3 })
  // as if we had written it: whoever made it copied it from elsewhere
  kept.now = change(theirs, { labels: { 'reconcile.external-secrets.io/managed': 'true' } }, { data: { b: '2' } })
  t.match((await pass()).log, ['get ConfigMap', 'get ConfigMap', /^read/, 'replace ConfigMap'])
  t.match(kept.now, { data: { a: '1', b: '2' } })
})

t.test('only what is guarded is watched, and never again once a Secret is made', async t => {
  for (const [creationPolicy, watched] of [
    ['Owner', 1],
    ['Orphan', 0],
    ['None', 0],
    ['CreateOrMerge', 1],
  ] as const) {
    const { pass, held, state } = start({ target: { manifest, creationPolicy } })
    await pass()
    t.equal(held.size, watched, creationPolicy)
    state.externalSecrets[0] = externalSecret({ spec: { data, target: { creationPolicy } } })
    await pass()
    t.equal(held.size, 0)
  }
})

t.test('a Secret of the same name is not what a manifest target is compared with', async t => {
  const { pass, state, kept } = start({ target: { manifest } })
  state.live.set('demo/app', secretObject())
  const { log } = await pass()
  t.notOk(log.some(line => line.includes('Secret demo/app')))
  kept.now = theirs
  await pass()
  t.notMatch(state.externalSecrets[0]?.status?.conditions?.[0]?.message, /Secret kept/)
})
