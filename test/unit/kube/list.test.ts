import t from 'tap'
import { KubeError } from '../../../pkg/kube/index.ts'
import { list } from '../../../pkg/kube/list.ts'

const thing = (name: string) => ({ metadata: { name, uid: `uid-${name}`, resourceVersion: '1' } })

t.test('a page that is too large is asked for again in halves, and the size grows back', async t => {
  const limits: string[] = []
  const names = Array.from({ length: 13 }, (_, index) => `t${index}`)
  // each of the first eight weighs 4, the others 1; an answer carries 8
  const weightOf = (name: string) => (names.indexOf(name) < 8 ? 4 : 1)
  const cluster = {
    request: async ({ query }: { query: Record<string, unknown> }) => {
      const from = Number(query['continue'] ?? 0)
      const found = names.slice(from, from + Number(query['limit']))
      limits.push(`${query['limit']}@${from}`)
      if (found.reduce((sum, name) => sum + weightOf(name), 0) > 8)
        throw new KubeError({ status: 0, reason: 'TooLarge' })
      const next = from + found.length
      const metadata = { resourceVersion: '5', ...(next < names.length ? { continue: `${next}` } : {}) }
      return { metadata, items: found.map(name => thing(name)) }
    },
  }
  const collection = { cluster, path: '/x', query: {}, metadataOnly: false, signal: new AbortController().signal }
  const found = await list(collection as never, { pageSize: 8, visit: () => {} })
  t.equal(found.keys.size, 13)
  t.same(limits, ['8@0', '4@0', '2@0', '3@2', '2@2', '3@4', '2@4', '3@6', '2@6', '3@8', '4@11'])
  // one alone is given up
  const alone = {
    ...collection,
    cluster: { request: async () => Promise.reject(new KubeError({ status: 0, reason: 'TooLarge' })) },
  }
  await t.rejects(list(alone as never, { pageSize: 8, visit: () => {} }), { message: 'TooLarge' })
})
