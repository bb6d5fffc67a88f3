import t from 'tap'
import { kubectl, namespace, request, until } from '../support/cluster.ts'

const configMaps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`

t.test('an object whose owner is deleted is collected', async t => {
  const home = await namespace(t)
  const owner = await request('POST', configMaps(home), { metadata: { name: 'owner' } })
  t.equal(owner.status, 201)
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.body.metadata.uid }
  const owned = { metadata: { name: 'owned', ownerReferences: [reference] }, stringData: { key: 'value' } }
  t.equal((await request('POST', `/api/v1/namespaces/${home}/secrets`, owned)).status, 201)
  await request('DELETE', `${configMaps(home)}/owner`)
  const seen = await until(t, 'the collection of the owned Secret', async () => {
    const { status } = await request('GET', `/api/v1/namespaces/${home}/secrets/owned`)
    return status === 404 || undefined
  })
  t.ok(seen)
})

t.test('a token can be had for a ServiceAccount, and the API server accepts it', async t => {
  const home = await namespace(t)
  const accounts = `/api/v1/namespaces/${home}/serviceaccounts`
  t.equal((await request('POST', accounts, { metadata: { name: 'reader' } })).status, 201)
  const spec = { audiences: ['https://kubernetes.default.svc'], expirationSeconds: 600 }
  const made = await request('POST', `${accounts}/reader/token`, { spec })
  t.equal(made.status, 201)
  const review = await request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    spec: { token: made.body.status.token },
  })
  t.equal(review.body.status.user.username, `system:serviceaccount:${home}:reader`)
})

t.test('a deleted namespace goes away with what is in it', async t => {
  const home = await namespace(t)
  await request('POST', configMaps(home), { metadata: { name: 'content' } })
  t.equal((await request('DELETE', `/api/v1/namespaces/${home}`)).status, 200)
  const seen = await until(t, 'the end of the namespace', async () => {
    const { status } = await request('GET', `/api/v1/namespaces/${home}`)
    return status === 404 || undefined
  })
  t.ok(seen)
})

t.test('a namespace gets its default ServiceAccount', async t => {
  const home = await namespace(t)
  const seen = await until(t, 'the default ServiceAccount', async () => {
    const { status } = await request('GET', `/api/v1/namespaces/${home}/serviceaccounts/default`)
    return status === 200 || undefined
  })
  t.ok(seen)
})

t.test('kubectl applies from its input and shows what the API server refuses', async t => {
  const home = await namespace(t)
  const manifest = (name: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })
  const good = await kubectl(['apply', '-f', '-'], { input: manifest('good'), namespace: home })
  t.match(good, { code: 0, stdout: 'configmap/good created\n' })
  const bad = await kubectl(['apply', '-f', '-'], { input: manifest('Not A Name'), namespace: home })
  t.equal(bad.code, 1)
  t.match(bad.stderr, 'Invalid value: "Not A Name"')
})

t.test('pods that break the restricted profile are refused where a namespace asks for it', async t => {
  const home = await namespace(t)
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  await request('PATCH', `/api/v1/namespaces/${home}`, { metadata: { labels } })
  const pod = { metadata: { name: 'root' }, spec: { containers: [{ name: 'main', image: 'any' }] } }
  const { status, body } = await request('POST', `/api/v1/namespaces/${home}/pods`, pod)
  t.equal(status, 403)
  t.match(body.message, 'violates PodSecurity')
})
