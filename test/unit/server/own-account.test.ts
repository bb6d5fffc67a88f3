import t from 'tap'
import { Fault } from '#core'
import { ownAccount } from '../../../server/own-account.ts'

const jwt = (claims: unknown): string =>
  ['{"alg":"RS256"}', JSON.stringify(claims), 'x'].map(part => Buffer.from(part).toString('base64url')).join('.')
const subject = (sub: unknown) => jwt({ sub, aud: ['https://kubernetes.default.svc'] })

t.test('the pod’s token tells whose it is', async t => {
  const paths: string[] = []
  const account = await ownAccount(async path => {
    paths.push(path)
    return `${subject('system:serviceaccount:latchkey-system:latchkey')}\n`
  })
  t.same([account.namespace, account.name], ['latchkey-system', 'latchkey'])
  t.equal(account.token.reveal().toString(), subject('system:serviceaccount:latchkey-system:latchkey'))
  t.same(paths, ['/var/run/secrets/kubernetes.io/serviceaccount/token'])
})

const useless: Record<string, string> = {
  empty: '',
  'no JWT': 'hunter2',
  'no JSON': 'a.b.c',
  'claims that are no object': jwt(7),
  'claims that are null': jwt(null),
  'no subject': jwt({}),
  'a subject of another kind': subject('system:node:one'),
  'a subject with too few parts': subject('system:serviceaccount:latchkey'),
  'a subject with too many parts': subject('system:serviceaccount:a:b:c'),
  'a subject that is no text': subject(['system:serviceaccount:a:b']),
}
for (const [name, text] of Object.entries(useless)) {
  t.test(`a process without a ServiceAccount says so: ${name}`, async t => {
    const thrown = await ownAccount(async () => text).catch(error => error)
    t.ok(thrown instanceof Fault)
    t.equal(thrown.code, 'IdentityUnavailable')
    t.equal(
      thrown.line(),
      'this process has no ServiceAccount of its own → run it in a pod, or name a serviceAccountRef in the store',
    )
  })
}

t.test('outside of a pod there is no file', async t => {
  const thrown = await ownAccount(() => Promise.reject(new Error('ENOENT'))).catch(error => error)
  t.match(thrown, { code: 'IdentityUnavailable' })
})
