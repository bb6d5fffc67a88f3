import t from 'tap'
import { Fault } from '#core'
import { type SourceSecret, sourceReader } from '../../../pkg/kube/index.ts'

const secret = (index: number) => ({
  metadata: { name: `s${index}`, resourceVersion: '1' },
  data: { k: Buffer.from(`v${index}`).toString('base64') },
})

const clusterOf = (count: number) => {
  const asked: string[] = []
  const request = async ({ query }: { query: Record<string, unknown> }) => {
    const from = Number(query['continue'] ?? 0)
    const next = Math.min(count, from + Number(query['limit']))
    asked.push(`${query['limit']}@${from}`)
    const metadata = { resourceVersion: '1', ...(next < count ? { continue: `${next}` } : {}) }
    return { metadata, items: Array.from({ length: next - from }, (_, index) => secret(from + index)) }
  }
  return { asked, reader: sourceReader({ request } as never) }
}
const { signal } = new AbortController()

t.test('Secrets come page by page, each as it is read', async t => {
  const { asked, reader } = clusterOf(25)
  const found: SourceSecret[] = []
  await reader.list('ns', '', each => void found.push(each), signal)
  t.same(asked, ['10@0', '10@10', '10@20'])
  t.same(
    found.map(({ name, values }) => `${name} ${values.get('k')?.reveal()}`),
    Array.from({ length: 25 }, (_, index) => `s${index} v${index}`),
  )
})

t.test('whoever has enough ends it, and no further page is read', async t => {
  const { asked, reader } = clusterOf(10_000)
  const enough = new Fault('SecretTooLarge', 'enough')
  let count = 0
  const visit = () => {
    count += 1
    if (count > 12) throw enough
  }
  await t.rejects(reader.list('ns', '', visit, signal), enough)
  t.equal(count, 13)
  t.same(asked, ['10@0', '10@10'])
})
