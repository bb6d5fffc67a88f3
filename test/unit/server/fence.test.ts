import t from 'tap'
import { fence } from '../../../server/fence.ts'

const parts = () => {
  const calls: string[] = []
  const act =
    (name: string) =>
    async (..._: unknown[]) => {
      calls.push(name)
      return 'written' as const
    }
  const ports = {
    secretWriter: { read: act('read'), create: act('create'), replace: act('replace'), remove: act('remove') },
    objects: {
      client: { read: act('readObject'), create: act('make'), replace: act('change'), remove: act('take') },
      watches: {},
    },
    status: { patch: act('patch') },
    finalizers: { add: act('finalizer on'), remove: act('finalizer') },
    children: { read: act('readChild'), create: act('bear'), replace: act('mend'), remove: act('bury') },
    source: { login: act('login'), read: act('items'), list: act('list') },
    remote: {
      look: act('look'),
      value: act('value'),
      create: act('push'),
      update: act('push again'),
      remove: act('push no more'),
    },
  }
  return { calls, ports }
}

t.test('a replica that does not lead writes nothing and reads no item, whatever is still running in it', async t => {
  const { calls, ports } = parts()
  const state = { leads: true }
  // the stand-ins take anything: what counts here is who is called
  const fenced = fence(ports as never, () => state.leads)
  const { secretWriter, objects, status, finalizers, children, source, remote } = fenced
  const everything: (() => Promise<unknown>)[] = [
    () => secretWriter.create({} as never, 'm', {} as never),
    () => secretWriter.replace({} as never, 'm', {} as never),
    () => secretWriter.remove({} as never, {} as never),
    async () => objects?.client.create({} as never, {} as never, 'm', {} as never),
    async () => objects?.client.replace({} as never, {} as never, 'm', {} as never),
    async () => objects?.client.remove({} as never, {} as never, {} as never),
    () => status.patch({} as never, {}, {} as never),
    () => finalizers.add({} as never, 'f', {} as never),
    () => finalizers.remove({} as never, 'f', {} as never),
    () => children.create({} as never, {} as never),
    () => children.replace({} as never, {} as never),
    () => children.remove({} as never, {} as never),
    () => remote.create({} as never, {} as never, {} as never),
    () => remote.update({} as never, {} as never, {} as never),
    () => remote.remove({} as never, 'p', {} as never),
    () => source.read({} as never, [], { maxAgeMs: 0, scope: '' }, {} as never),
  ]
  for (const call of everything) await call()
  t.same(calls.splice(0), [
    'create',
    'replace',
    'remove',
    'make',
    'change',
    'take',
    'patch',
    'finalizer on',
    'finalizer',
    'bear',
    'mend',
    'bury',
    'push',
    'push again',
    'push no more',
    'items',
  ])
  state.leads = false
  for (const call of everything) await t.rejects(async () => void (await call()), { code: 'ClusterUnreachable' })
  await secretWriter.read('n', 's', {} as never)
  await source.login({} as never, {} as never)
  await objects?.client.read({} as never, 'n', 'o', {} as never)
  await source.list({} as never, {}, { maxAgeMs: 0 }, {} as never)
  await remote.look({} as never, 'p', {} as never)
  await remote.value({} as never, 'p', {} as never)
  t.same(calls, ['read', 'login', 'readObject', 'list', 'look', 'value'], 'what changes nothing anywhere')
})
