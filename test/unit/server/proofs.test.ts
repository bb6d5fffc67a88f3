import t from 'tap'
import type { ProjectedToken } from '#api'
import { Fault, Sensitive } from '#core'
import { createProofs } from '../../../server/proofs.ts'

const signal = new AbortController().signal
type Asked = Exclude<ProjectedToken, { from: 'secret' }>
type Secrets = Readonly<Record<string, Readonly<Record<string, string>> | Fault>>

const claims = Buffer.from('{"sub":"system:serviceaccount:latchkey-system:latchkey"}').toString('base64url')
const podToken = `e30.${claims}.x`

/** ServiceAccount team/app with these token Secrets; `log` is what the API server was asked. */
const start = ({
  listed = [],
  secrets = {},
  pod = '',
}: {
  listed?: string[]
  secrets?: Secrets
  pod?: string
} = {}) => {
  const log: string[] = []
  const exists = (namespace: string, name: string) =>
    ['team/app', 'latchkey-system/latchkey'].includes(`${namespace}/${name}`)
  const proofs = createProofs({
    accounts: {
      read: async (namespace, name) => {
        log.push(`read ${namespace}/${name}`)
        return exists(namespace, name) ? { uid: 'u', annotations: new Map(), secrets: listed } : undefined
      },
      token: async (namespace, name, audiences) => {
        log.push(`token ${namespace}/${name} [${audiences.join(' ')}]`)
        return exists(namespace, name)
          ? Sensitive.text(`requested for ${audiences.join(' ') || 'the API server'}`)
          : undefined
      },
    },
    credentials: {
      secret: async (namespace, name) => {
        log.push(`secret ${namespace}/${name}`)
        const data = secrets[`${namespace}/${name}`]
        if (data instanceof Fault) throw data
        return data && new Map(Object.entries(data).map(([key, text]) => [key, Sensitive.text(text)]))
      },
    },
    env: {},
    readFile: async () => pod || Promise.reject(new Error('ENOENT')),
    now: () => 0,
    regional: false,
  })
  const ask = async (token: Asked) => (await proofs.projectedToken(token, signal)).reveal().toString()
  return { log, ask }
}

const account = (...audiences: string[]): Asked => ({
  from: 'service-account',
  namespace: 'team',
  name: 'app',
  audiences,
})

t.test('a ServiceAccount’s token is requested where Kubernetes keeps none', async t => {
  const { ask, log } = start()
  t.equal(await ask(account()), 'requested for the API server')
  t.same(log, ['read team/app', 'token team/app []'])
})

t.test('a token that Kubernetes keeps goes first, as in ESO', async t => {
  const { ask, log } = start({
    listed: ['gone', 'other', 'blank', 'kept'],
    secrets: {
      'team/other': { 'ca.crt': 'x' },
      'team/blank': { token: '' },
      'team/kept': { token: 'legacy' },
    },
  })
  t.equal(await ask(account()), 'legacy')
  t.same(log, ['read team/app', 'secret team/gone', 'secret team/other', 'secret team/blank', 'secret team/kept'])
})

t.test('a token Secret that cannot be read leads to a request, as in ESO', async t => {
  const { ask } = start({ listed: ['kept'], secrets: { 'team/kept': new Fault('ClusterRefused', 'forbidden') } })
  t.equal(await ask(account()), 'requested for the API server')
})

t.test('audiences are always requested: a kept token has none', async t => {
  const { ask, log } = start({ listed: ['kept'], secrets: { 'team/kept': { token: 'legacy' } } })
  t.equal(await ask(account('akeyless.io', 'gw')), 'requested for akeyless.io gw')
  t.same(log, ['token team/app [akeyless.io gw]'])
})

t.test(
  'a ServiceAccount that is not there is named, and looked for again soon: it may be that no watch tells of it',
  async t => {
    for (const audiences of [[], ['a']]) {
      const thrown = await start()
        .ask({ from: 'service-account', namespace: 'team', name: 'gone', audiences })
        .catch(error => error)
      t.match(thrown, {
        code: 'CredentialMissing',
        message: 'ServiceAccount team/gone does not exist',
        remedy: 'create it',
        retryAfterMs: 10e3,
      })
    }
  },
)

t.test('our own token is the pod’s, or one requested for audiences', async t => {
  const { ask, log } = start({ pod: `${podToken}\n` })
  t.equal(await ask({ from: 'own', audiences: [] }), podToken)
  t.same(log, [])
  t.equal(await ask({ from: 'own', audiences: ['akeyless.io'] }), 'requested for akeyless.io')
  t.same(log, ['token latchkey-system/latchkey [akeyless.io]'])
})

t.test('outside of a pod we have none', async t => {
  for (const audiences of [[], ['a']]) {
    t.match(
      await start()
        .ask({ from: 'own', audiences })
        .catch(error => error),
      { code: 'IdentityUnavailable' },
    )
  }
})
