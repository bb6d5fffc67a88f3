// AdmissionReviews as nobody should send them: good ones, changed at any place, as values and as text.
import type { Random } from '../random.ts'
import { generatedExternalSecret, type Json } from './externalsecret.ts'
import { generatedStore } from './store.ts'

const group = 'external-secrets.io'

const good = (random: Random): Json => {
  const taste = { random, odd: random.pick([0.02, 0.15]) }
  const make = random.chance(0.6) ? generatedExternalSecret : generatedStore
  const object = make(taste, 'made')
  const kind = { group, version: random.pick(['v1', 'v1', 'v1beta1']), kind: object.kind }
  const isUpdate = random.chance(0.4)
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: `uid-${random.int(1e9)}`,
      kind,
      resource: { group, version: 'v1', resource: `${object.kind.toLowerCase()}s` },
      operation: isUpdate ? 'UPDATE' : random.pick(['CREATE', 'CREATE', 'CREATE', 'DELETE', 'CONNECT']),
      name: 'made',
      namespace: 'demo',
      userInfo: { username: 'u', groups: ['g'] },
      object,
      oldObject: isUpdate ? make(taste, 'made') : null,
      dryRun: false,
    },
  }
}

const deep = (random: Random): Json => {
  let value: Json = 'x'
  for (let level = random.int(90); level > 0; level -= 1) value = random.chance(0.5) ? [value] : { a: value }
  return value
}
const many = (random: Random): Json =>
  random.list(random.pick([10, 1_000, 45_000]), () => random.pick<Json>([{}, 'x', 7, null]))

/** What stands where something else is expected. Controls, NUL and lone surrogates are spelled as JSON allows it. */
const strange: readonly [(random: Random) => Json, ...((random: Random) => Json)[]] = [
  () => null,
  () => true,
  random => random.pick([0, -1, 1e308, 9e15, 0.1]),
  () => '',
  () => [],
  () => ({}),
  () => [[]],
  () => ['a', { b: 1 }, null],
  () => 'a\u0000b\u001b[31m\u2028\r\nc',
  () => '\ud800 lone \udfff',
  () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":"x"}'),
  () => '{{ .user | uper }}',
  () => 'https://me:hunter2@127.0.0.1',
  random => 'x'.repeat(random.pick([300, 5_000, 200_000])),
  random => '[({'.repeat(random.int(2_000)),
  deep,
  random => (random.chance(0.05) ? many(random) : random.list(3, () => ({}))),
]

/** Every place of a value, by the object that holds it and its key there. */
const places = (root: Json): { holder: Json; key: string }[] => {
  const found: { holder: Json; key: string }[] = []
  const open: Json[] = [root]
  for (let holder = open.pop(); holder !== undefined && found.length < 2_000; holder = open.pop()) {
    for (const key of Object.keys(holder)) {
      found.push({ holder, key })
      if (typeof holder[key] === 'object' && holder[key] !== null) open.push(holder[key])
    }
  }
  return found
}

const put = (holder: Json, key: string, value: Json): void => {
  Object.defineProperty(holder, key, { value, enumerable: true, writable: true, configurable: true })
}

const change = (random: Random, root: Json): void => {
  const found = places(root)
  const [first] = found
  if (!first) return
  const { holder, key } = random.pick([first, ...found])
  const [one] = strange
  const value = random.pick([one, ...strange])(random)
  switch (random.int(5)) {
    case 0:
      delete holder[key]
      return
    case 1:
      put(holder, random.pick(['__proto__', 'constructor', 'a\nb', '', '\ud800', 'status', 'uid', 'kind']), value)
      return
    case 2:
      put(holder, key, structuredClone(holder))
      return
    default:
      put(holder, key, value)
  }
}

const someIndex = (random: Random, text: { length: number }): number => random.int(Math.max(1, text.length))

/** What is done to the text, and what no JSON.stringify would write. */
const garbled: readonly [(random: Random, text: string) => string, ...((random: Random, text: string) => string)[]] = [
  (random, text) => text.slice(0, someIndex(random, text)),
  (random, text) => text.replace('"object":', `"object":${random.pick(['7', 'null', '{"kind":"Pod"}'])},"object":`),
  (random, text) => text.replace('"uid":', `"uid":${random.pick(['"other"', '7', '""'])},"uid":`),
  (_, text) => text.replace('"kind":"AdmissionReview"', '"kind":"AdmissionReview","kind":"AdmissionReview"'),
  (random, text) => {
    const at = someIndex(random, text)
    return (
      text.slice(0, at) +
      random.pick(['"', '{', ']', '\u0000', '\\', ',', '\\ud800', '\ufeff', 'é']) +
      text.slice(at + random.int(3))
    )
  },
  (random, text) => random.pick([' ', '\ufeff', '\n\n', '']) + text + random.pick(['', ' ', '\n', '}', 'x', '\u0000']),
  random =>
    random.pick([
      '',
      'null',
      '7',
      '[]',
      '{}',
      '"x"',
      'spec: {}',
      '['.repeat(50_000),
      `${'['.repeat(40_000)}${']'.repeat(40_000)}`,
    ]),
  (_, text) => text.replaceAll(':', ' :\t').replaceAll(',', ',\r\n'),
  (_, text) => text.replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1'),
  (random, text) =>
    text.replace(
      /"uid":"[^"]*"/,
      `"uid":${JSON.stringify(random.pick(['\ud800', 'a\nb', '"', 'x'.repeat(256), 'x'.repeat(257), 'é']))}`,
    ),
]

const flipped = (random: Random, bytes: Buffer): Buffer => {
  for (let count = 1 + random.int(3); count > 0 && bytes.length > 0; count -= 1)
    bytes[random.int(bytes.length)] = random.int(256)
  return bytes
}

/** The body of one review: half of them differ from a good one as values, some as text, a few as bytes that are no text. */
export const generatedReview = (random: Random): Buffer => {
  const root = good(random)
  if (random.chance(0.7)) for (let count = 1 + random.int(4); count > 0; count -= 1) change(random, root)
  const text = JSON.stringify(root)
  const garble = random.pick([garbled[0], ...garbled])
  const bytes = Buffer.from(random.chance(0.25) ? garble(random, text) : text)
  return random.chance(0.03) ? flipped(random, bytes) : bytes
}
