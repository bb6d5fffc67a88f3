import { z } from 'zod'
import { type ItemQuery, type ItemType, itemTypes, type ListedItem } from '#api'
import { Fault, show } from '#core'
import type { Ask } from './ask.ts'
import { canonical } from './item.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import type { Fields } from './wire.ts'
import { useless } from './wire.ts'

/** Reads one listing to its end, each path once. Throws Refusal rather than give a part, or the signal's reason. */
export type List = (peer: Peer, query: ItemQuery, signal: AbortSignal) => Promise<readonly ListedItem[]>

/** What one listing may come to, whatever the gateway answers (security.md T26, T30). */
const listingBounds = {
  /** At 1,000 items a page as many as there may be items. */
  pages: 200,
  items: 200_000,
  /** Four answers of the longest kind: parsing one holds the process up. */
  bytes: 64 * 1024 * 1024,
  /** Of one path, in characters; a ref that is longer is refused too. */
  path: 4096,
} as const

// not more of an item than is used: without minimal-view each has dozens of fields
const Page = z.object({
  items: z.array(z.object({ item_name: z.string().min(1).max(listingBounds.path), item_type: z.string().min(1) })),
  next_page: z.string().nullish(),
  has_next: z.boolean().nullish(),
})
type Page = z.output<typeof Page>

/** The readable types as list-items calls them (akeyless.md §3); ESO leaves certificates out. */
const listNames = {
  STATIC_SECRET: 'static-secret',
  DYNAMIC_SECRET: 'dynamic-secret',
  ROTATED_SECRET: 'rotated-secret',
  CERTIFICATE: 'certificate',
} as const satisfies Record<ItemType, string>

const readPage = (body: Buffer, host: string): Page => {
  try {
    return Page.parse(JSON.parse(body.toString('utf8')))
  } catch {
    // a list without `items` is no empty list: deletion may hang on it (security.md F10)
    throw useless(host, 'list-items', 'something that is no list')
  }
}

const endless = (host: string): Refusal =>
  new Refusal('foreign', new Fault('GatewayAnswerInvalid', `gateway ${host} lists items without an end`))

const tooMuch = (host: string, what: string): Refusal =>
  new Refusal(
    'large',
    new Fault('GatewayAnswerInvalid', `gateway ${host} lists more than ${what}`, {
      remedy: 'give find a path, so that it lists less',
    }),
  )

/** The page that comes next; undefined after the last. */
const nextPage = (page: Page, host: string): string | undefined => {
  if (page.has_next === false) return undefined
  if (page.next_page) return page.next_page
  // there is more, and no way to ask for it
  if (page.has_next) throw useless(host, 'list-items', 'a page that does not lead to the next')
  return undefined
}

/**
 * A listing that is refused, in words about listings. A 404 is no missing item: nothing may be deleted because of it (decision
 * 20).
 */
const aboutListing = (thrown: unknown, peer: Peer, path: string): unknown => {
  if (!(thrown instanceof Refusal)) return thrown
  const where = path === '' ? 'items' : `items in ${show(path)}`
  if (thrown.why === 'absent') {
    const what = `gateway ${peer.line.gateway.host} refuses to list ${where} (HTTP 404)`
    return new Refusal('invalid', new Fault('GatewayFailed', what))
  }
  if (thrown.why !== 'denied') return thrown
  return new Refusal(
    'denied',
    new Fault('AccessDenied', `the identity may not list ${where}`, {
      remedy: 'grant list on the path to the access role of the identity',
    }),
  )
}

/** What has been read of one listing so far, over all its tags. */
interface Found {
  /** What every path begins with. */
  readonly within: string
  readonly types: Map<string, ItemType>
  pages: number
  bytes: number
}

const readable = (type: string): type is ItemType => (itemTypes as readonly string[]).includes(type)

const gather = (found: Found, page: Page, host: string): void => {
  for (const { item_name, item_type } of page.items) {
    const name = canonical(item_name)
    // `filter` finds its text anywhere in the name
    if (readable(item_type) && name.startsWith(found.within)) found.types.set(name, item_type)
  }
  if (found.types.size > listingBounds.items) throw tooMuch(host, `${listingBounds.items} items`)
}

/** All pages for one tag, or for none. */
const readAll = async (ask: Ask, peer: Peer, fields: Fields, found: Found, signal: AbortSignal): Promise<void> => {
  const { host } = peer.line.gateway
  const asked = new Set<string>()
  let token: string | undefined = ''
  do {
    if (found.pages === listingBounds.pages || asked.has(token)) throw endless(host)
    if (found.bytes > listingBounds.bytes) throw tooMuch(host, `${listingBounds.bytes / 1024 / 1024} MiB`)
    asked.add(token)
    const next: Fields = token === '' ? fields : { ...fields, 'pagination-token': token }
    const body = await ask(peer, { op: 'list-items', fields: next }, signal)
    found.pages += 1
    found.bytes += body.length
    const page = readPage(body, host)
    gather(found, page, host)
    token = nextPage(page, host)
  } while (token !== undefined)
}

/**
 * Lists as ESO does (akeyless.md §3.3), plus certificates and every page: the path as `filter`, one call per tag, the whole view
 * where a tag is asked for. Items that are disabled stay in, since the minimal view does not tell: to read one says so.
 */
export const createList =
  (ask: Ask): List =>
  async (peer, { path = '', tags = [] }, signal) => {
    const found: Found = { within: path, types: new Map(), pages: 0, bytes: 0 }
    const type = itemTypes.map(each => listNames[each])
    try {
      for (const tag of tags.length === 0 ? [''] : new Set(tags)) {
        const fields: Fields = { filter: path, 'minimal-view': tag === '', tag, type }
        await readAll(ask, peer, fields, found, signal)
      }
    } catch (thrown) {
      throw aboutListing(thrown, peer, path)
    }
    return [...found.types].map(([each, itemType]) => ({ path: each, type: itemType }))
  }
