import type { PushEntry } from '#api'
import { type Account, accountOf, type Door } from './door.ts'

/** What one PushSecret pushes to one place. */
export interface Claim extends Account {
  readonly uid: string
  /** `namespace/name` of the PushSecret. */
  readonly key: string
  readonly entry: PushEntry
}

/**
 * What every PushSecret pushes as of its last pass in this process. Its status tells it later than it is so: two that leave an item at
 * once would each take the other for the one that stays, and one that has just found it well would lose it.
 */
export interface Claims {
  /** Instead of all that it claimed before; nothing for one that goes. */
  set(uid: string, claims: readonly { readonly place: string; readonly claim: Claim }[]): void
  /** Whether it has made a pass. */
  knows(uid: string): boolean
  at(place: string): readonly Claim[]
  forget(uid: string): void
}

export const claimOf = (owner: Pick<Claim, 'uid' | 'key'>, door: Door, entry: PushEntry): Claim => ({
  ...owner,
  ...accountOf(door),
  entry,
})

export const createClaims = (): Claims => {
  const places = new Map<string, readonly string[]>()
  const at = new Map<string, readonly Claim[]>()
  const clear = (uid: string): void => {
    for (const place of places.get(uid) ?? []) {
      const left = (at.get(place) ?? []).filter(claim => claim.uid !== uid)
      if (left.length > 0) at.set(place, left)
      else at.delete(place)
    }
  }
  return {
    set: (uid, claims) => {
      clear(uid)
      places.set(uid, [...new Set(claims.map(({ place }) => place))])
      for (const [place, own] of Map.groupBy(claims, each => each.place)) {
        at.set(place, [...(at.get(place) ?? []), ...own.map(({ claim }) => claim)])
      }
    },
    knows: uid => places.has(uid),
    at: place => at.get(place) ?? [],
    forget: uid => {
      clear(uid)
      places.delete(uid)
    },
  }
}
