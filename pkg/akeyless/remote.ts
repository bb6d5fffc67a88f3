import type { RemoteItem, RemoteValue } from '#api'
import { Fault, type Sensitive, show } from '#core'
import type { Ask } from './ask.ts'
import type { Cache } from './cache.ts'
import type { Describe } from './describe.ts'
import { canonical } from './item.ts'
import type { Desk } from './items/reader.ts'
import type { Listings } from './listing.ts'
import type { Peer } from './peer.ts'
import { Refusal, type Why } from './refusal.ts'

/** What ESO puts on the items that it makes (akeyless.md §2): with it they are ours to delete, without it never. */
const tag = 'k8s-external-secrets'

/** `conflict`: somebody else was faster; what was known of the item is out of date. `absent`: there is no item. */
export type RemoteWritten = 'written' | 'conflict' | 'absent'

/** Items as a push sees them. Nothing is sent twice, and nothing but the value of a static item is ever read. Throws Refusal. */
export interface Remote {
  describe(peer: Peer, path: string, signal: AbortSignal): Promise<RemoteItem | undefined>
  value(peer: Peer, path: string, signal: AbortSignal): Promise<Sensitive | undefined>
  create(peer: Peer, item: RemoteValue, signal: AbortSignal): Promise<RemoteWritten>
  update(peer: Peer, item: RemoteValue, signal: AbortSignal): Promise<RemoteWritten>
  remove(peer: Peer, path: string, signal: AbortSignal): Promise<RemoteWritten>
}

interface Deps {
  readonly ask: Ask
  readonly describe: Describe
  readonly batched: Desk['batched']
  readonly cache: Cache
  readonly listings: Pick<Listings, 'doubt'>
}

const whyOf = (thrown: unknown): Why | undefined => (thrown instanceof Refusal ? thrown.why : undefined)

// the documented limit of a static value (akeyless.md §1): said only where the gateway refuses, it may take more
const documentedLimit = 16 * 1024

/** A refusal that leaves open what is wrong, with what is known of the value. */
const explained = (thrown: unknown, { path, value }: RemoteValue): unknown => {
  if (whyOf(thrown) !== 'invalid' || value.size <= documentedLimit) return thrown
  const what = `the gateway refuses ${value.size} bytes for item ${show(path)}`
  const remedy = `push less: Akeyless documents ${documentedLimit} bytes as the limit of an item`
  return new Refusal('invalid', new Fault('GatewayFailed', what, { remedy }))
}

export const createRemote = ({ ask, describe, batched, cache, listings }: Deps): Remote => {
  /** Whatever came of a write, what was read before is no longer to be trusted. */
  const write = async (peer: Peer, path: string, send: () => Promise<unknown>): Promise<RemoteWritten> => {
    try {
      await send()
      return 'written'
    } catch (thrown) {
      const why = whyOf(thrown)
      if (why === 'conflict' || why === 'absent') return why
      throw thrown
    } finally {
      cache.drop(peer.loginKey, canonical(path))
    }
  }
  const put = (peer: Peer, item: RemoteValue, request: Parameters<Ask>[1], signal: AbortSignal) =>
    write(peer, item.path, () =>
      ask(peer, { ...request, item: show(item.path) }, signal).catch((thrown: unknown) => {
        throw explained(thrown, item)
      }),
    )
  const orAbsent = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work
    } catch (thrown) {
      if (whyOf(thrown) === 'absent') return undefined
      throw thrown
    }
  }
  return {
    describe: async (peer, path, signal) => {
      const item = await orAbsent(describe(peer, path, signal))
      return (
        item && {
          isStatic: item.type === 'STATIC_SECRET',
          enabled: item.enabled,
          isTagged: item.tags.includes(tag),
          isProtected: item.deleteProtected,
          lastVersion: item.lastVersion,
        }
      )
    },
    value: async (peer, path, signal) => (await orAbsent(batched(peer, { path, version: 0 }, signal)))?.text,
    create: (peer, item, signal) =>
      put(peer, item, { op: 'create-secret', fields: { name: item.path, value: item.value, tags: [tag] } }, signal),
    update: (peer, item, signal) => {
      const { path, value, lastVersion } = item
      const fields = { name: path, value, ...(lastVersion === undefined ? {} : { 'last-version': lastVersion }) }
      return put(peer, item, { op: 'update-secret-val', fields }, signal)
    },
    remove: async (peer, path, signal) => {
      const request = { op: 'delete-item', fields: { name: path }, item: show(path) } as const
      const written = await write(peer, path, () => ask(peer, request, signal))
      listings.doubt(peer.loginKey, new Set([canonical(path)]))
      return written
    },
  }
}
