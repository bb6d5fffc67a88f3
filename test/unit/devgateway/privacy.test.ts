import t from 'tap'
import { createGateway } from '#devgateway'
import { post } from '../../support/gateway.ts'

t.test('no value, token or key reaches the journal, the control port, or the output', async t => {
  const canary = (name: string) => `canary-${name}`
  const written: string[] = []
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      written.push(String(chunk))
      return write(chunk, ...rest)
    }
    t.teardown(() => {
      stream.write = write
    })
  }
  const gateway = await createGateway({
    now: () => new Date(),
    seed: {
      identities: [
        {
          type: 'api_key',
          accessId: 'p-admin0admin0ab',
          accessKey: canary('access-key'),
          rules: [{ path: '/*', allow: ['read', 'create', 'update', 'delete'] }],
        },
      ],
      items: [
        { path: '/static', type: 'STATIC_SECRET', value: canary('static'), versions: [canary('version')] },
        { path: '/rotated', type: 'ROTATED_SECRET', value: { password: canary('rotated') } },
        { path: '/certificate', type: 'CERTIFICATE', certificate: canary('certificate'), key: canary('key') },
        { path: '/dynamic', type: 'DYNAMIC_SECRET', fields: { extra: canary('dynamic') } },
      ],
    },
  })
  t.teardown(() => gateway.close())
  const auth = (body: object) => post(`${gateway.url}/auth`, body)
  const login = { 'access-id': 'p-admin0admin0ab', 'access-key': canary('access-key') }
  const { token } = (await auth(login)).body
  await auth({ ...login, 'access-key': canary('wrong-key') })
  await auth({ 'access-id': canary('access-id'), 'access-key': canary('any') })
  await auth({ ...login, 'access-type': canary('access-type'), 'cloud-id': canary('cloud-id') })
  const call = (op: string, body: object) => post(`${gateway.url}/${op}`, { token, ...body })
  await call('get-secret-value', { names: ['/static'], version: -2 })
  await call('get-rotated-secret-value', { names: '/rotated' })
  await call('get-certificate-value', { name: '/certificate' })
  const leased = (await call('get-dynamic-secret-value', { name: '/dynamic' })).body
  await call('create-secret', { name: '/new', value: canary('new'), password: canary('password') })
  await call('update-secret-val', { name: '/new', value: canary('updated') })
  await call('update-secret-val', { name: '/new', value: canary('big').repeat(4096) })
  await call('describe-item', { name: '/static', token: canary('token'), 'uid-token': canary('uid-token') })
  await call(canary('path'), { value: canary('unknown-op') })
  await post(`${gateway.url}/get-secret-value`, `{"value":"${canary('no-json')}`)
  const control = (path: string, body: object) =>
    fetch(gateway.controlUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then(response => response.text())
  const shown = [
    JSON.stringify(gateway.journal()),
    JSON.stringify([gateway.items(), gateway.leases()]),
    await control('/put', { path: '/bad', type: canary('type'), value: canary('put') }),
    await control('/rotate', { path: '/none', value: canary('rotate') }),
    ...(await Promise.all(
      ['/', '/journal', '/items', '/leases', '/connections'].map(async path =>
        (await fetch(gateway.controlUrl + path)).text(),
      ),
    )),
    ...written,
  ].join('\n')
  t.ok(gateway.journal().length > 12, 'the calls are in the journal')
  t.notMatch(shown, /canary-/)
  t.notOk(shown.includes(token))
  t.notOk(shown.includes(leased.password))
})
