import { z } from 'zod'
import { type ItemType, itemTypes } from '#api'
import { Fault, parseDuration, show } from '#core'
import { Refusal } from './refusal.ts'

const General = z.object({
  dynamic_secret_producer_details: z.object({ user_ttl: z.string() }).nullish().catch(undefined),
})

/** An item as described or listed; of the many fields (akeyless.md §3) only those in use. */
export const Item = z
  .looseObject({
    item_name: z.string().min(1),
    item_type: z.string().min(1),
    item_state: z.string().nullish(),
    is_enabled: z.boolean().nullish(),
    last_version: z.number().nullish(),
    item_tags: z.array(z.string()).nullish(),
    delete_protection: z.boolean().nullish(),
    modification_date: z.string().nullish(),
    item_general_info: General.nullish().catch(undefined),
  })
  .transform(item => ({
    /** Full path, with the leading slash. */
    path: item.item_name,
    type: item.item_type,
    enabled: item.is_enabled !== false && item.item_state?.toLowerCase() !== 'disabled',
    lastVersion: item.last_version ?? undefined,
    modified: item.modification_date ?? undefined,
    /** Life of the leases of a dynamic item. Milliseconds. */
    leaseMs: parseDuration(item.item_general_info?.dynamic_secret_producer_details?.user_ttl ?? '') || undefined,
    tags: item.item_tags ?? [],
    deleteProtected: item.delete_protection ?? false,
  }))
export type Item = z.output<typeof Item>

const readable = (type: string): type is ItemType => (itemTypes as readonly string[]).includes(type)

/** The type of an item that has a readable value; throws Refusal for every other. */
export const readableType = (item: Item, path: string): ItemType => {
  if (readable(item.type)) return item.type
  // only words that look like a type are repeated: the rest of an answer never reaches a message
  const type = /^[A-Z][A-Z0-9_]{1,40}$/.test(item.type) ? `of type ${item.type}` : 'of an unknown type'
  const remedy = 'name a static, dynamic, rotated or certificate item'
  throw new Refusal(
    'invalid',
    new Fault('ItemTypeUnsupported', `item ${show(path)} is ${type}, which holds no readable value`, { remedy }),
  )
}

/** The spelling under which everything about an item is remembered. */
export const canonical = (path: string): string => (path.startsWith('/') ? path : `/${path}`)

/** The refusal of a value that its owner has switched off. */
export const disabled = (path: string): Refusal =>
  new Refusal('invalid', new Fault('ItemDisabled', `item ${show(path)} is disabled`, { remedy: 'enable the item' }))
