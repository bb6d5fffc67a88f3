import t from 'tap'
import { logIn, startGateway } from '../../support/gateway.ts'

t.test('the control port does what the methods do', async t => {
  const gateway = await startGateway(t, undefined, { now: () => new Date('2026-01-02T03:04:05Z') })
  const act = async (path: string, body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const init = body === undefined ? {} : { headers, body: JSON.stringify(body) }
    const response = await fetch(gateway.controlUrl + path, { method: 'POST', ...init })
    return { status: response.status, body: JSON.parse(await response.text()) }
  }
  const look = async (path: string) => JSON.parse(await (await fetch(gateway.controlUrl + path)).text())
  const call = await logIn(gateway)

  t.match(await look('/'), { url: gateway.url, controlUrl: gateway.controlUrl, routes: [/^GET /] })
  t.match(await act('/put', { path: '/apps/put', type: 'STATIC_SECRET', value: 'one' }), { status: 200 })
  t.match(await act('/rotate', { path: '/apps/put', value: 'two' }), { status: 200 })
  t.match(await look('/items'), [...Array(4).fill({}), {}, {}, { path: '/apps/put', lastVersion: 2 }])
  t.same((await call('get-secret-value', { names: ['/apps/put'] })).body, { '/apps/put': 'two' })
  t.match(await act('/remove', { path: '/apps/put' }), { status: 200 })
  t.equal((await call('get-secret-value', { names: ['/apps/put'] })).status, 404)

  await call('get-dynamic-secret-value', { name: '/apps/dynamic' })
  t.match(await look('/leases'), [{ id: 'lease-1', path: '/apps/dynamic', user: 'u1' }])
  t.match(await act('/shift-clock', { ms: 30 * 60e3 }), { status: 200 })
  t.same(await look('/leases'), [])

  await act('/fail', { op: 'get-tags', status: 503 })
  t.equal((await call('get-tags', { name: '/apps/config' })).status, 503)
  await act('/rate-limit', { perSecond: 1 })
  t.same(
    await Promise.all([1, 2].map(async () => (await call('get-tags', { name: '/apps/config' })).status)),
    [200, 429],
  )
  await act('/rate-limit', { perSecond: null })
  await act('/revoke')
  t.equal((await call('get-tags', { name: '/apps/config' })).status, 401)

  t.match(await look('/journal'), [{ op: 'auth', status: 200, at: '2026-01-02T03:04:05.000Z' }])
  t.ok((await look('/connections')).connections > 0)
  t.match(await act('/reset', {}), { status: 200 })
  t.same(await look('/journal'), [])
  t.equal((await look('/items')).length, 8)
})

t.test('a wrong order is told by its path and changes nothing', async t => {
  const gateway = await startGateway(t)
  const cases = [
    { path: '/fail', body: { statsu: 500 }, says: /statsu/ },
    { path: '/fail', body: { times: 0 }, says: /^times: / },
    { path: '/put', body: { path: '/a', type: 'SECRET' }, says: /^type: / },
    { path: '/remove', body: { path: '/apps/none' }, says: /names no item/ },
    { path: '/rotate', body: { path: '/apps/none', value: 1 }, says: /names no item/ },
  ]
  for (const { path, body, says } of cases) {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(gateway.controlUrl + path, { method: 'POST', headers, body: JSON.stringify(body) })
    t.equal(response.status, 400, path)
    t.match(JSON.parse(await response.text()).issues[0], says)
  }
})
