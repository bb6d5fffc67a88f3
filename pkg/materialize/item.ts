import { type ItemValue, refKey } from '#api'
import { Fault, show } from '#core'
import { type ByteText, toByteText } from './json/cursor.ts'
import { property } from './property.ts'
import { itemRef, type Site } from './refs.ts'

export type Items = ReadonlyMap<string, ItemValue | Fault>

/** What Kubernetes allows for the values of one Secret together, and so for an item that goes into one. Bytes. */
export const maxBytes = 1024 * 1024

const tooLarge = (site: Site, size: number): Fault =>
  new Fault('SecretTooLarge', `item ${show(site.ref.key)} has ${size} bytes, ${maxBytes} are allowed`, {
    path: `${site.path}.key`,
    remedy: 'store it in several items',
  })

/** The item that a site names, or why there is none. */
export const itemAt = (site: Site, items: Items): ItemValue | Fault => {
  const ref = itemRef(site)
  if (ref instanceof Fault) return ref
  const item = items.get(refKey(ref))
  if (item === undefined)
    return new Fault('Unexpected', `item ${show(ref.path)} was not read`, { path: `${site.path}.key` })
  if (!(item instanceof Fault)) return item.text.size > maxBytes ? tooLarge(site, item.text.size) : item
  return item.at(`${site.path}.${item.code === 'VersionNotFound' ? 'version' : 'key'}`)
}

const withoutProperty = (site: Site, text: ByteText): ByteText | Fault =>
  text === ''
    ? new Fault('ItemEmpty', `item ${show(site.ref.key)} is empty`, {
        path: `${site.path}.key`,
        remedy: 'give it a value',
      })
    : text

const propertyFaults = {
  absent: (name: string, item: string, type: ItemValue['type']) =>
    new Fault('PropertyNotFound', `item ${item} has no property ${name}`, {
      remedy:
        type === 'CERTIFICATE'
          ? 'a certificate item has certificate_pem and private_key_pem'
          : 'name a property of its JSON value',
    }),
  'plain-text': (name: string, item: string) =>
    new Fault('NotJson', `item ${item} holds plain text, which has no property ${name}`, {
      remedy: 'leave property out to take the whole value, or store JSON in the item',
    }),
  damaged: (name: string, item: string) =>
    new Fault('NotJson', `property ${name} of item ${item} is not valid JSON`, {
      remedy: 'correct the JSON in the item',
    }),
  pattern: (name: string) => patternFault(name),
}

/** Said by admission too: most such paths show without the document. */
export const patternFault = (shown: string): Fault =>
  new Fault('NotSupported', `${shown} has a wildcard, query, modifier or pipe, which this version cannot follow`, {
    remedy: 'name one property by names, dots and indexes; a backslash makes the next character part of a name',
  })

/** The bytes that a site takes from its item, before decoding (akeyless.md §3.2 steps 3 and 4). */
export const textAt = (site: Site, item: ItemValue): ByteText | Fault => {
  const text = item.text.reveal().toString('latin1')
  const name = site.ref.property ?? ''
  if (name === '') return withoutProperty(site, text)
  const found = property(text, toByteText(name))
  if (found.is === 'value') return found.text
  return propertyFaults[found.is](show(name), show(site.ref.key), item.type).at(`${site.path}.property`)
}
