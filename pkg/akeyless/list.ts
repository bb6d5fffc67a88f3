import { z } from 'zod'
import { Fault } from '#core'
import type { Ask } from './ask.ts'
import { Item } from './item.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './refusal.ts'
import type { Fields } from './wire.ts'
import { useless } from './wire.ts'

export interface ListQuery {
  /** Folder to list with everything below it; the whole vault where absent. */
  readonly path?: string
  /** Types by the names that list-items uses (akeyless.md §3). */
  readonly types?: readonly string[]
}

// at 1,000 items a page: more than any vault, and the end of a server that never ends (security.md T26)
const mostPages = 200

const Page = z.looseObject({
  items: z.array(Item),
  next_page: z.string().nullish(),
  has_next: z.boolean().nullish(),
})

const allTypes = ['static-secret', 'dynamic-secret', 'rotated-secret', 'certificate']

const readPage = (body: Buffer, host: string): z.output<typeof Page> => {
  try {
    return Page.parse(JSON.parse(body.toString('utf8')))
  } catch {
    // a list without `items` is no empty list: deletion may hang on it (security.md F10)
    throw useless(host, 'list-items', 'something that is no list')
  }
}

const endless = (host: string): Refusal =>
  new Refusal('foreign', new Fault('GatewayAnswerInvalid', `gateway ${host} lists items without an end`))

/** All items of a listing, every page read, each path once. Throws Refusal rather than give a part. */
export const list = async (ask: Ask, peer: Peer, query: ListQuery, signal: AbortSignal): Promise<readonly Item[]> => {
  const { host } = peer.line.gateway
  const items = new Map<string, Item>()
  const seen = new Set<string>()
  let token = ''
  for (let page = 0; page < mostPages; page++) {
    const fields: Fields = {
      'minimal-view': true,
      type: query.types ?? allTypes,
      ...(query.path !== undefined && { path: query.path }),
      ...(token !== '' && { 'pagination-token': token }),
    }
    const answer = readPage(await ask(peer, { op: 'list-items', fields }, signal), host)
    for (const item of answer.items) items.set(item.path, item)
    token = answer.next_page ?? ''
    if (token === '' || answer.has_next === false) return [...items.values()]
    if (seen.has(token)) throw endless(host)
    seen.add(token)
  }
  throw endless(host)
}
