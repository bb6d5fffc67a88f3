import type { z } from 'zod'
import { selfSigned } from './certificate.ts'
import type { SeedItem } from './seed.ts'

export type Json = z.core.util.JSONType

export interface Version {
  readonly number: number
  readonly value: Json
  readonly created: Date
  readonly modified: Date
}

/** How a dynamic item makes credentials. */
export interface Producer {
  readonly kind: 'database' | 'aws' | 'custom'
  readonly ttlMinutes: number
  readonly fields: Readonly<Record<string, Json>>
  readonly error: string
}

/** What an item is before the vault files it: no id, no dates. */
export interface Draft {
  readonly path: string
  readonly type: SeedItem['type']
  readonly subType: string
  readonly format: string
  readonly description: string
  readonly tags: readonly string[]
  readonly enabled: boolean
  readonly deleteProtection: boolean
  readonly changeEvent: boolean
  readonly producer: Producer | undefined
}

/** An item in the vault. Items are replaced, never changed in place; `versions` is oldest first. */
export interface Item extends Draft {
  readonly id: number
  readonly created: Date
  readonly modified: Date
  readonly accessed: Date
  readonly rotated: Date | undefined
  readonly versions: readonly Version[]
}

/** A draft with the values of its versions, oldest first. */
export interface Planting {
  readonly draft: Draft
  readonly values: readonly Json[]
}

/** The fields of a draft that callers seldom give. */
export const plain = {
  subType: 'generic',
  format: 'text',
  description: '',
  tags: [],
  enabled: true,
  deleteProtection: false,
  changeEvent: false,
  producer: undefined,
} as const satisfies Partial<Draft>

const valuesOf = async (item: SeedItem, serial: number, now: Date): Promise<readonly Json[]> => {
  switch (item.type) {
    case 'STATIC_SECRET':
    case 'ROTATED_SECRET':
      return [...item.versions, item.value]
    case 'CERTIFICATE':
      if (item.generate) return [await selfSigned(item.generate, serial, now)]
      return [{ certificate_pem: item.certificate ?? '', ...(item.key && { private_key_pem: item.key }) }]
    default:
      return []
  }
}

/** Makes an item of the seed ready for the vault; a certificate to be generated gets its key pair here. */
export const prepare = async (item: SeedItem, serial: number, now: Date): Promise<Planting> => {
  const { path, type, description, tags, enabled, deleteProtection } = item
  const common = { ...plain, path, type, description, tags, enabled, deleteProtection }
  const values = await valuesOf(item, serial, now)
  if (item.type === 'STATIC_SECRET') return { draft: { ...common, subType: item.subType, format: item.format }, values }
  if (item.type !== 'DYNAMIC_SECRET') return { draft: common, values }
  const { producer: kind, ttlMinutes, fields, error } = item
  return { draft: { ...common, producer: { kind, ttlMinutes, fields, error } }, values }
}

export const lastVersion = (item: Item): number => item.versions.at(-1)?.number ?? 1
