import { z } from 'zod'
import type { Desk } from '../desk.ts'
import type { Item, Json } from '../item.ts'
import { guarded, itemName, nameList } from '../operation.ts'
import { badRequest, disabled, Refusal, versionAbsent, wrongType } from '../refusal.ts'

const version = z.number().int().default(0)

const readable = (desk: Desk, name: string, type: Item['type']): Item => {
  const item = desk.find(name, 'read')
  if (item.type !== type) throw wrongType(item.path, item.type)
  if (!item.enabled) throw disabled(desk.world.quirks.disabledStatus, item.path)
  desk.world.vault.touch(item)
  return item
}

// akeyless.md §3.1: at most twenty versions come back for a negative number
const historyLimit = 20

const valueAt = (item: Item, wanted: number): Json => {
  if (wanted < 0) {
    const recent = item.versions.slice(-Math.min(-wanted, historyLimit))
    return Object.fromEntries(recent.map(({ number, value }) => [String(number), value]))
  }
  const found = wanted === 0 ? item.versions.at(-1) : item.versions.find(({ number }) => number === wanted)
  if (!found) throw versionAbsent(item.path, wanted)
  return found.value
}

const staticValue = (desk: Desk, name: string, wanted: number): [string, Json] => {
  const item = readable(desk, name, 'STATIC_SECRET')
  return [desk.world.quirks.echo === 'requested' ? name : item.path, valueAt(item, wanted)]
}

export const getSecretValue = guarded(z.object({ names: nameList, version }), (desk, input) => {
  const entries = input.names.flatMap(name => {
    try {
      return [staticValue(desk, name, input.version)]
    } catch (thrown) {
      if (thrown instanceof Refusal && desk.world.quirks.batchMiss === 'omit' && input.names.length > 1) return []
      throw thrown
    }
  })
  return Object.fromEntries(entries)
})

const one = z
  .object({ name: itemName.optional(), names: nameList.optional(), version })
  .transform(({ name, names, version }) => ({ name: name ?? names?.[0] ?? '', version }))

export const getRotatedSecretValue = guarded(one, (desk, input) => {
  if (!input.name) throw badRequest('missing or invalid parameter - names')
  return { value: valueAt(readable(desk, input.name, 'ROTATED_SECRET'), input.version) }
})

export const getDynamicSecretValue = guarded(z.object({ name: itemName }), (desk, input) =>
  desk.world.leases.issue(readable(desk, input.name, 'DYNAMIC_SECRET'), desk.accessId),
)

export const getCertificateValue = guarded(z.object({ name: itemName, version }), (desk, input) =>
  valueAt(readable(desk, input.name, 'CERTIFICATE'), input.version),
)
