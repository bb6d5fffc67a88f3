import t from 'tap'
import { type SecretCalls, secretStore } from '#certs'
import { Sensitive } from '#core'

type Secret = NonNullable<Awaited<ReturnType<SecretCalls['read']>>>
const signal = new AbortController().signal

/** One Secret, with versions, as the API server keeps it. */
const cluster = () => {
  let held: Secret | undefined
  const put = (secret: Secret): 'written' => {
    const version = Number(held?.metadata.resourceVersion ?? 0) + 1
    held = { ...secret, metadata: { ...secret.metadata, resourceVersion: String(version) } }
    return 'written'
  }
  const secrets: SecretCalls = {
    read: async () => held,
    create: async secret => (held ? 'conflict' : put(secret)),
    replace: async secret =>
      secret.metadata.resourceVersion === held?.metadata.resourceVersion ? put(secret) : 'conflict',
  }
  return { secrets, put, held: () => held }
}
const open = (secrets: SecretCalls) => secretStore({ secrets, namespace: 'latchkey-system', name: 'ca' })
const ca = (text: string) => ({ certs: `${text}-certs`, key: Sensitive.text(`${text}-key`) })

t.test('what was created is loaded, and only one creates', async t => {
  const { secrets, held } = cluster()
  const store = open(secrets)
  t.equal(await store.load(signal), undefined)
  t.equal(await store.create(ca('one'), signal), 'written')
  t.equal(await store.create(ca('two'), signal), 'conflict')
  const loaded = await store.load(signal)
  t.equal(loaded?.certs, 'one-certs')
  t.ok(loaded?.key.equals(Sensitive.text('one-key')))
  t.match(held(), { metadata: { name: 'ca', namespace: 'latchkey-system' }, type: 'latchkey.dev/webhook-ca' })
})

t.test('a replace keeps what others put on the Secret, and fails for a version that is gone', async t => {
  const { secrets, put, held } = cluster()
  const store = open(secrets)
  const metadata = { name: 'ca', namespace: 'latchkey-system', labels: { team: 'a' } }
  put({ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: { extra: 'eA==' } })
  t.equal(await store.replace(ca('new'), '7', signal), 'conflict')
  t.equal(await store.replace(ca('new'), '1', signal), 'written')
  t.match(held(), {
    metadata: { labels: { team: 'a' } },
    data: { extra: 'eA==', 'ca.crt': Buffer.from('new-certs').toString('base64') },
  })
})

t.test('a Secret without our keys loads as an empty CA, which the keeper repairs', async t => {
  const { secrets, put } = cluster()
  put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ca', namespace: 'latchkey-system' } })
  const loaded = await open(secrets).load(signal)
  t.equal(loaded?.certs, '')
  t.equal(loaded?.key.size, 0)
  t.equal(loaded?.version, '1')
})
