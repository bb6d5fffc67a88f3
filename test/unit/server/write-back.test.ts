import t from 'tap'
import { Sensitive } from '#core'
import { createTokenPlaces } from '../../../server/write-back.ts'

const signal = new AbortController().signal
const old = Sensitive.text('u-old')
const next = Sensitive.text('u-next')
const base64 = (text: string) => Buffer.from(text).toString('base64')
const place = (name: string, key = 'token') => ({ namespace: 'team', name, key })

interface Held {
  readonly data?: Record<string, string>
  readonly resourceVersion: number
}

/** Secrets of one namespace; the first `conflicts` writes meet somebody else’s. */
const start = (texts: Record<string, Record<string, string>>, { conflicts = 0, meanwhile = '' } = {}) => {
  const log: string[] = []
  const held = new Map<string, Held>(
    Object.entries(texts).map(([name, data]) => [
      name,
      { resourceVersion: 1, data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)])) },
    ]),
  )
  let left = conflicts
  const places = createTokenPlaces({
    read: async (namespace, name) => {
      const secret = held.get(name)
      if (!secret) return undefined
      const metadata = {
        namespace,
        name,
        resourceVersion: `${secret.resourceVersion}`,
        labels: { a: 'b' },
        managedFields: [],
      }
      return {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'Opaque',
        metadata,
        ...(secret.data ? { data: secret.data } : {}),
      }
    },
    replace: async ({ metadata, data, type }, manager) => {
      const { name, resourceVersion, labels, managedFields } = metadata
      log.push(`${name} by ${manager}: ${type} ${JSON.stringify(labels)} ${managedFields}`)
      const now = held.get(name)
      if (left > 0) {
        left -= 1
        const changed = meanwhile ? { ...now?.data, token: base64(meanwhile) } : (now?.data ?? {})
        held.set(name, { resourceVersion: (now?.resourceVersion ?? 0) + 1, data: changed })
        return 'conflict'
      }
      if (`${now?.resourceVersion}` !== resourceVersion) return 'conflict'
      held.set(name, {
        resourceVersion: Number(resourceVersion) + 1,
        data: Object.fromEntries(Object.entries(data ?? {})),
      })
      return 'written'
    },
  })
  const textOf = (name: string, key = 'token') => Buffer.from(held.get(name)?.data?.[key] ?? '', 'base64').toString()
  return { places, log, held, textOf }
}

t.test('the successor replaces the token, and nothing beside it', async t => {
  const { places, log, held, textOf } = start({ creds: { token: ' u-old\n', accessType: 'universal_identity' } })
  places.note(old.fingerprint(), place('creds'))
  await places.replace(old.fingerprint(), next, signal)
  t.equal(textOf('creds'), 'u-next')
  t.equal(textOf('creds', 'accessType'), 'universal_identity')
  t.same(log, ['creds by latchkey: Opaque {"a":"b"} undefined'])
  await places.replace(old.fingerprint(), next, signal)
  t.equal(held.get('creds')?.resourceVersion, 2, 'it does no harm twice')
})

t.test('every Secret that holds the token gets its successor', async t => {
  const { places, textOf } = start({ a: { token: 'u-old' }, b: { other: 'u-old' }, c: { token: 'u-mine' } })
  for (const at of [place('a'), place('b', 'other'), place('c'), place('gone')]) places.note(old.fingerprint(), at)
  await places.replace(old.fingerprint(), next, signal)
  t.same([textOf('a'), textOf('b', 'other'), textOf('c')], ['u-next', 'u-next', 'u-mine'])
})

t.test('the successor is known where it stands before anybody has read it there', async t => {
  const { places, textOf } = start({ creds: { token: 'u-old' } })
  places.note(old.fingerprint(), place('creds'))
  await places.replace(old.fingerprint(), next, signal)
  await places.replace(next.fingerprint(), Sensitive.text('u-third'), signal)
  t.equal(textOf('creds'), 'u-third')
})

t.test('where the token stands nowhere it is a fault: whoever asked must not let the old one go', async t => {
  const nowhere = { code: 'CredentialMissing', message: /no Secret holds the token any more/ }
  const { places, textOf } = start({ creds: { token: 'u-mine' }, bare: {} })
  t.match(await places.replace(old.fingerprint(), next, signal).catch(error => error), nowhere, 'nobody told')
  for (const at of [
    place('creds'),
    place('bare'),
    place('bare', 'constructor'),
    place('bare', '__proto__'),
    place('gone'),
  ]) {
    places.note(old.fingerprint(), at)
  }
  t.match(await places.replace(old.fingerprint(), next, signal).catch(error => error), nowhere)
  t.equal(textOf('creds'), 'u-mine', 'and a token that somebody else put there stays')
})

t.test('a write of somebody else is read again', async t => {
  const { places, log, textOf } = start({ creds: { token: 'u-old' } }, { conflicts: 4 })
  places.note(old.fingerprint(), place('creds'))
  await places.replace(old.fingerprint(), next, signal)
  t.equal(textOf('creds'), 'u-next')
  t.equal(log.length, 5)

  const taken = start({ creds: { token: 'u-old' } }, { conflicts: 1, meanwhile: 'u-mine' })
  taken.places.note(old.fingerprint(), place('creds'))
  t.match(await taken.places.replace(old.fingerprint(), next, signal).catch(error => error), {
    code: 'CredentialMissing',
  })
  t.equal(taken.textOf('creds'), 'u-mine')

  const endless = start({ creds: { token: 'u-old' } }, { conflicts: 99 })
  endless.places.note(old.fingerprint(), place('creds'))
  t.match(await endless.places.replace(old.fingerprint(), next, signal).catch(error => error), {
    code: 'ClusterRefused',
    message: 'Secret team/creds was changed by somebody else at each of 5 tries',
  })
})

t.test('a key named like a part of every object is written as any other', async t => {
  const { places, held } = start({ creds: {} })
  for (const key of ['__proto__', 'constructor']) {
    const data = Object.fromEntries([[key, base64('u-old')]])
    held.set('creds', { resourceVersion: 1, data })
    places.note(old.fingerprint(), place('creds', key))
    await places.replace(old.fingerprint(), next, signal)
    t.same(Object.entries(held.get('creds')?.data ?? {}), [[key, base64('u-next')]])
  }
})

t.test('of tokens that were replaced long ago nothing is kept', async t => {
  const { places } = start({ creds: { token: 'u-old' } })
  places.note(old.fingerprint(), place('creds'))
  for (let count = 0; count < 1_000; count += 1) places.note(`${count}`, place('creds'))
  t.match(await places.replace(old.fingerprint(), next, signal).catch(error => error), { code: 'CredentialMissing' })
})
