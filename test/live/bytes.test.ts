// Bytes in real Secrets: what Go gave for odd names, numbers, escapes and bytes that are no text, and the limit of 1 MiB.
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { SeedItemInput } from '#devgateway'
import { type BytesCase, readGolden } from '../oracle/golden.ts'
import { goldenFile, goldenValues, type TemplateCase } from '../oracle/template/oracle.ts'
import { namespace as namespaceFor } from '../support/cluster.ts'
import { testSeed } from '../support/gateway.ts'
import { startLatchkey, startTlsGateway } from '../support/latchkey.ts'
import {
  create,
  entry,
  externalSecret,
  get,
  type Json,
  patch,
  pathsOf,
  readyOf,
  readyStore,
  settled,
  whenReady,
} from '../support/objects.ts'
import { install } from './twin.ts'

const namespace = await namespaceFor(t)
const paths = pathsOf(namespace)
await install()
const gateway = await startTlsGateway(t, testSeed)
await startLatchkey(t, { namespace, gateway })
await readyStore(t, namespace)

const esOf = (name: string) => `${paths.externalSecrets}/${name}`
const base64 = (text: string) => Buffer.from(text).toString('base64')
const put = (path: string, value: string, more: object = {}) =>
  gateway.put({ path, type: 'STATIC_SECRET', value, ...more } satisfies SeedItemInput)
/** The data of the Secret, base64 as on the wire. */
const make = async (t: Test, name: string, spec: object, metadata: object = {}): Promise<Json> => {
  await create(paths.externalSecrets, externalSecret(name, spec, metadata))
  await whenReady(t, esOf(name))
  return get(`${paths.secrets}/${name}`)
}

const read = <T>(name: string): T[] => JSON.parse(readGolden(name))
const isText = ({ text }: { text?: string | undefined }) =>
  text !== undefined && text !== '' && !/[\ud800-\udfff]/.test(text)

// a rule refuses control characters in names
const isName = /^\P{Cc}+$/u
interface Property {
  readonly text: string
  readonly path: string
  /** base64 */
  readonly want: string
}
const properties = (): Property[] => {
  const utf8 = [...read<Json>('gjson.json'), ...read<Json>('template-gjson.json')]
    .filter(({ want, valid }) => want !== null && valid !== false)
    .map(({ want, ...rest }) => ({ ...rest, want: base64(want) }))
  const bytes = read<BytesCase & Json>('bytes.json').filter(
    ({ op, valid, want }) => op === 'get' && valid && want !== null,
  )
  return [...utf8, ...bytes].filter(each => isText(each) && isName.test(each.path))
}

t.test('properties have the bytes that gjson gave', async t => {
  const documents = Map.groupBy(properties(), ({ text }) => text)
  let count = 0
  for (const [index, [text, cases]] of [...documents].entries()) {
    const name = `property-${index}`
    await put(`/${name}`, text)
    const data = cases.map(({ path }, at) => entry(`k${at}`, `/${name}`, path))
    const secret = await make(t, name, { data })
    t.same(secret.data, Object.fromEntries(cases.map(({ want }, at) => [`k${at}`, want])), name)
    count += cases.length
  }
  t.ok(count > 250, `${count} properties`)
})

t.test('extract has the names and bytes that encoding/json gave', async t => {
  const utf8 = read<{ text: string; want: [string, string][] | null }>('extract.json').map(({ text, want }) => ({
    text,
    want: want?.map(([name, value]): [string, string] => [name, base64(value)]) ?? null,
  }))
  const bytes = read<Json>('bytes.json').filter(({ op }: Json) => op === 'extract')
  const cases: { text: string; want: [string, string][] }[] = [...utf8, ...bytes].filter(
    each => isText(each) && each.want?.length > 0 && each.want.every(([name]: [string]) => /^[-._\w]+$/.test(name)),
  )
  for (const [index, { text, want }] of cases.entries()) {
    const name = `extract-${index}`
    await put(`/${name}`, text)
    const secret = await make(t, name, { dataFrom: [{ extract: { key: `/${name}` } }] })
    t.same(Object.entries(secret.data).sort(), [...want].sort(), name)
  }
  t.ok(cases.length > 15, `${cases.length} documents`)
})

t.test('decoded values have the bytes that Go gave', async t => {
  const all = [...read<Json>('decode.json'), ...read<Json>('bytes.json').filter(({ op }: Json) => op === 'decode')]
  const cases = all.filter(each => isText(each) && each.want !== null)
  await Promise.all(cases.map(({ text }, index) => put(`/decode-${index}`, text)))
  const data = cases.map(({ strategy }, index) => ({
    secretKey: `k${index}`,
    remoteRef: { key: `/decode-${index}`, decodingStrategy: strategy },
  }))
  const secret = await make(t, 'decoded', { data })
  t.same(secret.data, Object.fromEntries(cases.map(({ want }, index) => [`k${index}`, want])))
  t.ok(cases.length > 40, `${cases.length} values`)
})

t.test('templates give the bytes that Go gave, over values of which some are no text', async t => {
  const values = goldenValues()
  const data = await Promise.all(
    [...values.keys()].map(async (secretKey, index) => {
      const value = Buffer.from(values.get(secretKey) ?? []).toString('base64')
      // an item cannot be empty, but its encoding can be two line breaks
      await put(`/value-${index}`, value || '\n\n')
      return { secretKey, remoteRef: { key: `/value-${index}`, decodingStrategy: 'Base64' } }
    }),
  )
  const templates: TemplateCase[] = JSON.parse(readFileSync(goldenFile('template.json'), 'utf8'))
  const cases = templates.filter(({ gives, missing, want }) => gives === 'text' && missing !== 'print' && want)
  // those that decrypt or read certificates take their time, and all of one object have 250 ms
  const perObject = 10
  for (let at = 0; at < cases.length; at += perObject) {
    const some = cases.slice(at, at + perObject)
    const template = { data: Object.fromEntries(some.map(({ text }, index) => [`k${index}`, text])) }
    const secret = await make(t, `template-${at}`, { data, target: { template } })
    const wanted = some.map(({ want }, index) => [
      `k${index}`,
      Buffer.from(want?.[0] ?? '', 'latin1').toString('base64'),
    ])
    t.same(secret.data, Object.fromEntries(wanted), `templates from ${at}`)
  }
  t.ok(cases.length > 200, `${cases.length} templates`)
})

const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']
const own = (keys: readonly string[], value: (key: string) => string) =>
  Object.fromEntries(keys.map(key => [key, value(key)] as const))

t.test('keys that JavaScript knows otherwise are keys like all others', async t => {
  await put('/odd', `{${odd.map(key => `"${key}":"${key} of the item"`).join()}}`)
  const names = own(odd, key => base64(`${key} of the item`))
  t.same(
    Object.entries((await make(t, 'odd-extract', { dataFrom: [{ extract: { key: '/odd' } }] })).data).sort(),
    Object.entries(names).sort(),
  )

  const data = odd.map(key => entry(key, '/odd', key))
  t.same(Object.entries((await make(t, 'odd-keys', { data })).data).sort(), Object.entries(names).sort())

  const legal = odd.filter(key => key !== '__proto__')
  const metadata = { labels: own(legal, () => 'l'), annotations: own(legal, key => `{{ .${key} }}`) }
  const template = { metadata, data: own(odd, key => `{{ .${key} }} by template`) }
  const made = await make(t, 'odd-template', { data, target: { template } })
  t.same(
    Object.entries(made.data).sort(),
    Object.entries(own(odd, key => base64(`${key} of the item by template`))).sort(),
  )
  t.match(
    made.metadata.labels,
    own(legal, () => 'l'),
  )
  t.match(
    made.metadata.annotations,
    own(legal, key => `${key} of the item`),
  )

  const labelled = await make(
    t,
    'odd-labels',
    { data },
    { labels: own(legal, () => 'e'), annotations: own(legal, () => 'e') },
  )
  for (const place of ['labels', 'annotations'])
    for (const key of legal) t.equal(labelled.metadata[place][key], 'e', `${place} ${key}`)

  // none of them may count as there when it is not
  await patch(`${paths.secrets}/odd-keys`, { data: { toString: null } })
  await settled(t, `${paths.secrets}/odd-keys`, secret => Object.hasOwn(secret.data, 'toString'))
  await patch(esOf('odd-keys'), { spec: { data: [entry('__proto__', '/odd', 'valueOf')] } })
  const last = await settled(t, `${paths.secrets}/odd-keys`, secret => Object.keys(secret.data).length === 1)
  t.same(Object.entries(last.data), [['__proto__', names['valueOf']]])
})

t.test('bytes that are no UTF-8 pass through decoding, a template and valuesDecodingStrategy unharmed', async t => {
  const bytes = Buffer.from(Array.from({ length: 1024 }, (_, index) => (index * 7) & 0xff))
  await put('/binary', bytes.toString('base64'))
  const data = [
    { secretKey: 'raw', remoteRef: { key: '/binary', decodingStrategy: 'Base64' } },
    { secretKey: 'text', remoteRef: { key: '/binary' } },
  ]
  const template = {
    mergePolicy: 'Merge',
    data: {
      printed: '{{ .raw }}',
      encoded: '{{ .raw | b64enc }}',
      decoded: '{{ .text | b64dec }}',
      around: '<{{ .raw }}>',
    },
    templateFrom: [{ literal: 'literal: {{ .raw | b64enc | quote }}', valuesDecodingStrategy: 'Base64' }],
  }
  const secret = await make(t, 'binary', { data, target: { template } })
  const whole = bytes.toString('base64')
  t.same(secret.data, {
    raw: whole,
    text: base64(whole),
    printed: whole,
    encoded: base64(whole),
    decoded: whole,
    around: Buffer.concat([Buffer.from('<'), bytes, Buffer.from('>')]).toString('base64'),
    literal: whole,
  })
})

const mebibyte = 1024 * 1024
const sizes = [mebibyte - 1, mebibyte, mebibyte + 1]
const half = mebibyte / 2
const shapes: Readonly<Record<string, (rest: string) => object>> = {
  plain: rest => ({ data: [entry('half', '/half'), entry('rest', rest)] }),
  // the printed text is as long as the limit of the engine allows
  printed: rest => ({
    data: [entry('half', '/half'), entry('rest', rest)],
    target: { template: { data: { all: '{{ .half }}{{ .rest }}' } } },
  }),
  merged: rest => ({
    data: [entry('half', '/half')],
    dataFrom: [{ extract: { key: rest }, rewrite: [] }],
    target: { template: { mergePolicy: 'Merge', data: { half: '{{ .half }}' } } },
  }),
}
for (const [shape, spec] of Object.entries(shapes))
  t.test(`1 MiB, ${shape}: at it and below it all is written, above it nothing is`, async t => {
    await put('/half', 'h'.repeat(half))
    for (const size of sizes) {
      const text = 'ä'.repeat(Math.floor((size - half) / 2)) + 'z'.repeat((size - half) % 2)
      const name = `${shape}-${size}`
      await put(`/${name}`, shape === 'merged' ? JSON.stringify({ rest: text }) : text)
      await create(paths.externalSecrets, externalSecret(name, spec(`/${name}`)))
      if (size > mebibyte) {
        const failed = await whenReady(t, esOf(name), 'False')
        t.match(readyOf(failed).message, /1048577 bytes, 1048576 are allowed|more than 1 MiB/)
        t.comment(readyOf(failed).message)
        t.equal(await get(`${paths.secrets}/${name}`), undefined)
        continue
      }
      await whenReady(t, esOf(name))
      const { data } = await get(`${paths.secrets}/${name}`)
      const bytes = Object.keys(data)
        .sort()
        .map(key => Buffer.from(data[key], 'base64'))
      t.ok(Buffer.concat(bytes).equals(Buffer.from('h'.repeat(half) + text)), `${size} bytes`)
    }
  })
