/** A rule of a check (check.ts): what it says takes more than a look at the object, so it has no function here. */
interface LiveRule {
  readonly id: string
  readonly doc: string
  readonly warns: true
}

export const liveStore = {
  id: 'live-store',
  doc: 'A store really logs in when it is applied, with the credentials that it names (--live-checks-stores).',
  warns: true,
} as const satisfies LiveRule

export const liveItem = {
  id: 'live-item',
  doc: 'Items are there and readable, with type, version and property that are asked for, and make keys (--live-checks-items).',
  warns: true,
} as const satisfies LiveRule

export const liveTarget = {
  id: 'live-target',
  doc: 'The target Secret may be written: of no protected type, nobody else’s; taking over one that is there is a warning.',
  warns: true,
} as const satisfies LiveRule

export const dynamicRefresh = {
  id: 'dynamic-refresh',
  doc: 'Leases of dynamic items are renewed before they end: refreshInterval is shorter than they live, and not 0.',
  warns: true,
} as const satisfies LiveRule

export const notChecked = {
  id: 'not-checked',
  doc: 'What live checks could not find out in time: a gateway that is slow or away, credentials that are not there yet.',
  warns: true,
} as const satisfies LiveRule

export const liveRules: readonly LiveRule[] = [liveStore, liveItem, liveTarget, dynamicRefresh, notChecked]
