import type { ItemValue } from '#api'
import { Fault, type Sensitive, show } from '#core'
import { tlsKeys } from './certificate.ts'
import { type Items, itemAt, textAt } from './item.ts'
import { type ByteText, toByteText } from './json/cursor.ts'
import { isJson, members, unquoteStrictly } from './json/members.ts'
import { convertKey, keyProblem } from './keys.ts'
import type { Site } from './refs.ts'
import { toValue } from './value.ts'

/** Strings lose their quotes and escapes, null is empty, everything else stays source text (1.50 is 1.50). */
const memberText = (raw: ByteText): ByteText => {
  if (raw.startsWith('"')) return toByteText(unquoteStrictly(raw))
  return raw === 'null' ? '' : raw
}

const notAnObject = (site: Site, text: ByteText): Fault => {
  const source = site.ref.property
    ? `property ${show(site.ref.property)} of item ${show(site.ref.key)}`
    : `item ${show(site.ref.key)}`
  return new Fault('NotJson', `${source} holds ${isJson(text) ? 'JSON that is not an object' : 'plain text'}`, {
    path: `${site.path}.${site.ref.property ? 'property' : 'key'}`,
    remedy: 'take it as one value with data, or store a JSON object in the item',
  })
}

/** Two names that become one key would hide each other: both are named. */
const collision = (site: Site, [first, second]: readonly [string, string], key: string): Fault =>
  new Fault(
    'KeyCollision',
    `${show(first)} and ${show(second)} of item ${show(site.ref.key)} both become the key ${show(key)}`,
    {
      path: `${site.path}.conversionStrategy`,
      remedy: 'rename one of them in the item, or write conversionStrategy: Unicode',
    },
  )

const badKey = (site: Site, key: string, problem: string): Fault =>
  new Fault('KeyInvalid', `item ${show(site.ref.key)} gives the key ${show(key)}, which ${problem}`, {
    path: `${site.path}.key`,
    remedy: 'rename it in the item, or take it with data under another secretKey',
  })

const keysFor = (site: Site, item: ItemValue, secretType: string | undefined): ((name: string) => string) => {
  const renamed = site.ref.property ? undefined : tlsKeys(item.type, secretType)
  return name => renamed?.get(name) ?? convertKey(name, site.ref.conversionStrategy)
}

// more help nobody
const mostFaults = 100

const memberValue = (site: Site, member: { name: string; raw: ByteText; key: string; earlier: string | undefined }) => {
  const { name, raw, key, earlier } = member
  if (earlier !== undefined) return collision(site, [earlier, name], key)
  const problem = keyProblem(key)
  if (problem !== undefined) return badKey(site, key, problem.what)
  return toValue(memberText(raw), site, `the value of ${show(name)} in item ${show(site.ref.key)}`)
}

/** Every member of one JSON item as a key, or what is wrong with it, up to a hundred faults. */
export const extract = (site: Site, items: Items, secretType: string | undefined): Map<string, Sensitive> | Fault[] => {
  const item = itemAt(site, items)
  if (item instanceof Fault) return [item]
  const text = textAt(site, item)
  if (text instanceof Fault) return [text]
  const found = members(text)
  if (found === undefined) return [notAnObject(site, text)]

  const keyOf = keysFor(site, item, secretType)
  const sources = new Map<string, string>()
  const data = new Map<string, Sensitive>()
  const faults: Fault[] = []
  for (const [name, raw] of found) {
    const key = keyOf(name)
    const value = memberValue(site, { name, raw, key, earlier: sources.get(key) })
    sources.set(key, name)
    if (!(value instanceof Fault)) data.set(key, value)
    else if (faults.push(value) === mostFaults) break
  }
  return faults.length > 0 ? faults : data
}
