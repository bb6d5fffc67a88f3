import t from 'tap'
import { createdByHash, dataHash, fieldManager, metadataHash, unstructuredHash } from '#core'
import { readGolden } from '../../oracle/golden.ts'
import type { HashCase } from '../../oracle/hash/oracle.ts'
import { ourHash } from './our-hash.ts'

// The vectors of compatibility.md §2.1 and §2.4, made by ESO's own code.
const bytes = (text: string) => new TextEncoder().encode(text)

t.test('data-hash equals ESO’s for values, empty values and no data', async t => {
  const data = new Map([
    ['b', bytes('hi')],
    ['a', bytes('')],
    ['c', bytes('')],
  ])
  t.equal(dataHash(data), 'e8ce0863b55d69c915f540910a98b7db06a0ef33202e030145c5b07c')
  t.equal(dataHash(new Map()), '74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b')
})

t.test('the metadata hash sorts keys and prints a missing map as map[]', async t => {
  t.equal(metadataHash({ k: 'v', a: 'x y' }, undefined), '2e468390c8dcfb57bb11789c47be58992398648c861415b12560a97c')
})

t.test('created-by is the hash of namespace and name', async t => {
  t.equal(createdByHash('ns', 'es'), '473f360fa863099bd839b638c87dd73ea1c481336f7f6b47b7eef4bb')
})

t.test('the field manager is hashed where the whole string would pass 63 characters', async t => {
  t.equal(fieldManager('a'.repeat(27)), `externalsecrets.external-secrets.io/${'a'.repeat(27)}`)
  t.match(fieldManager('a'.repeat(28)), /^externalsecrets\.external-secrets\.io\/sha3\/[0-9a-f]{56}$/)
})

t.test('every hash is the one that Go computes, by its recorded answers', async t => {
  const golden: HashCase[] = JSON.parse(readGolden('hash.json'))
  t.ok(golden.length >= 100)
  for (const [index, entry] of golden.entries()) t.equal(ourHash(entry), entry.want, `line ${index + 2} of hash.json`)
})

t.test(
  'a whole number that JSON.parse rounds hashes by its digits as bigint, and by the rounded number otherwise',
  async t => {
    const exact = unstructuredHash({ n: 9007199254740993n })
    t.not(unstructuredHash(JSON.parse('{"n":9007199254740993}')), exact)
    t.equal(unstructuredHash(JSON.parse('{"n":9007199254740992}')), unstructuredHash({ n: 9007199254740992n }))
  },
)

t.test('what differs for a reader differs in the hash, what does not does not', async t => {
  t.equal(unstructuredHash({ a: 1, b: [null] }), unstructuredHash({ b: [null], a: 1 }))
  t.not(unstructuredHash({ a: null }), unstructuredHash({}))
  t.not(unstructuredHash([1, 2]), unstructuredHash([2, 1]))
  t.equal(unstructuredHash(Number('1.0')), unstructuredHash(1))
})
