import { show } from '#core'
import type { Ask } from './ask.ts'
import { Item } from './item.ts'
import type { Peer } from './peer.ts'
import { useless } from './wire.ts'

/** What an item is, without its value. Throws Refusal, or the signal's reason. */
export type Describe = (peer: Peer, path: string, signal: AbortSignal) => Promise<Item>

export const createDescribe =
  (ask: Ask): Describe =>
  async (peer, path, signal) => {
    const body = await ask(peer, { op: 'describe-item', fields: { name: path }, item: show(path) }, signal)
    try {
      return Item.parse(JSON.parse(body.toString('utf8')))
    } catch {
      // also a 200 without item_name: an answer of somebody else, not an absent item (akeyless.md §6 #9)
      throw useless(peer.line.gateway.host, 'describe-item', 'something that is no item')
    }
  }
