import { Fault, Sensitive, show } from '#core'
import { tlsKeys } from './certificate.ts'
import type { Taken } from './item.ts'
import type { ByteText } from './json/cursor.ts'
import { isJson, members, memberText } from './json/members.ts'
import type { Site } from './refs.ts'

const notAnObject = (site: Site, text: ByteText): Fault => {
  const source = site.ref.property
    ? `property ${show(site.ref.property)} of item ${show(site.ref.key)}`
    : `item ${show(site.ref.key)}`
  return new Fault('NotJson', `${source} holds ${isJson(text) ? 'JSON that is not an object' : 'plain text'}`, {
    path: `${site.path}.${site.ref.property ? 'property' : 'key'}`,
    remedy: 'take it as one value with data, or store a JSON object in the item',
  })
}

/** Every member of one JSON item by its name, as it is in the item. */
export const extract = (site: Site, { text }: Taken): ReadonlyMap<string, Sensitive> | Fault => {
  const found = members(text)
  if (found === undefined) return notAnObject(site, text)
  return new Map(
    [...found].map(([name, raw]) => [name, Sensitive.bytes(Buffer.from(memberText(raw), 'latin1'))] as const),
  )
}

/** Keys that the members of a certificate item get in a TLS Secret; undefined where they keep their names. */
export const renamedKeys = (
  site: Site,
  { type }: Taken,
  secretType: string | undefined,
): ReadonlyMap<string, string> | undefined => (site.ref.property ? undefined : tlsKeys(type, secretType))
