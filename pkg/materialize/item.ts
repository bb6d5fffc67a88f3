import { type ItemValue, refKey } from '#api'
import { Fault, type Sensitive, show } from '#core'
import { problemFault, type TemplateEngine } from './engine.ts'
import { type Fetched, itemsOf } from './fetched.ts'
import { type ByteText, toByteText } from './json/cursor.ts'
import { property } from './property.ts'
import { itemRef, type Site } from './refs.ts'

/** What Kubernetes allows for the values of one Secret together, and so for an item that goes into one. Bytes. */
export const maxBytes = 1024 * 1024

const tooLarge = (site: Site, size: number): Fault =>
  new Fault('SecretTooLarge', `item ${show(site.ref.key)} has ${size} bytes, ${maxBytes} are allowed`, {
    path: `${site.path}.key`,
    remedy: 'store it in several items',
  })

/** The item that a site names, or why there is none. */
export const itemAt = (site: Site, fetched: Fetched): ItemValue | Fault => {
  const ref = itemRef(site)
  if (ref instanceof Fault) return ref
  const item = itemsOf(fetched, site.store).get(refKey(ref))
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
}

const propertyFault = (why: keyof typeof propertyFaults, site: Site, item: ItemValue): Fault =>
  propertyFaults[why](show(site.ref.property ?? ''), show(site.ref.key), item.type).at(`${site.path}.property`)

/** The bytes of a value, one character each. */
const byteText = (value: Sensitive): ByteText => value.reveal().toString('latin1')

/** What a site takes, before decoding (akeyless.md §3.2 steps 3 and 4); `pattern` where only gjson itself can tell. */
const plainTextAt = (site: Site, item: ItemValue): ByteText | Fault | { readonly is: 'pattern' } => {
  const text = byteText(item.text)
  const name = site.ref.property ?? ''
  if (name === '') return withoutProperty(site, text)
  const found = property(text, toByteText(name))
  if (found.is === 'value') return found.text
  return found.is === 'pattern' ? { is: 'pattern' } : propertyFault(found.is, site, item)
}

/** What a site takes from its item, with the item; or why it takes nothing. */
export interface Taken {
  readonly text: ByteText
  readonly type: ItemValue['type']
}

interface Asked {
  readonly site: Site
  readonly item: ItemValue
}

const askEngine = async (
  asked: readonly Asked[],
  engine: Pick<TemplateEngine, 'get'>,
): Promise<readonly (Taken | Fault)[]> => {
  const questions = asked.map(({ site, item }) => ({ json: item.text, path: site.ref.property ?? '' }))
  const answer = await engine.get(questions)
  if ('problems' in answer) {
    const problems = new Map(answer.problems.map(problem => [problem.index, problem]))
    const [first] = answer.problems
    return asked.map(({ site }, index) => {
      const problem = problems.get(index) ?? first
      return problem
        ? problemFault(problem, `${site.path}.property`)
        : new Fault('TemplateStopped', 'the property was not looked up', { path: `${site.path}.property` })
    })
  }
  return asked.map(({ site, item }, index) => {
    const found = answer.results[index]
    return found ? { text: byteText(found), type: item.type } : propertyFault('absent', site, item)
  })
}

/**
 * What every site takes from its item. Paths of names and indexes are followed here; those with gjson's patterns go to the engine,
 * all in one question.
 */
export const takeAll = async (
  sites: readonly Site[],
  fetched: Fetched,
  engine: Pick<TemplateEngine, 'get'>,
): Promise<ReadonlyMap<Site, Taken | Fault>> => {
  const taken = new Map<Site, Taken | Fault>()
  const asked: Asked[] = []
  for (const site of sites) {
    const item = itemAt(site, fetched)
    const text = item instanceof Fault ? item : plainTextAt(site, item)
    if (text instanceof Fault) taken.set(site, text)
    else if (item instanceof Fault) taken.set(site, item)
    else if (typeof text === 'string') taken.set(site, { text, type: item.type })
    else asked.push({ site, item })
  }
  if (asked.length === 0) return taken
  const answers = await askEngine(asked, engine)
  asked.forEach(({ site }, index) => {
    const answer = answers[index]
    if (answer) taken.set(site, answer)
  })
  return taken
}

/** The value of a found item, or why it cannot be used; the field is that of the find. */
export const foundAt = (
  path: string,
  name: string,
  items: ReadonlyMap<string, ItemValue | Fault>,
): Sensitive | Fault => {
  const item = items.get(refKey({ path: name, version: 0 }))
  if (item === undefined) return new Fault('Unexpected', `item ${show(name)} was not read`, { path })
  if (item instanceof Fault) return item.at(path)
  return item.text.size > maxBytes
    ? new Fault('SecretTooLarge', `item ${show(name)} has ${item.text.size} bytes, ${maxBytes} are allowed`, {
        path,
        remedy: 'store it in several items',
      })
    : item.text
}
