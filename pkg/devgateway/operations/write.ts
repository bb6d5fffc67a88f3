import { z } from 'zod'
import { type Item, lastVersion, plain } from '../item.ts'
import { flag, guarded, itemName } from '../operation.ts'
import { badRequest, deleteProtected, exists, versionAbsent, versionMoved, wrongType } from '../refusal.ts'

// akeyless.md §1: the documented limit of a static value
const valueLimit = 16 * 1024

const checkSize = (value: string): void => {
  if (Buffer.byteLength(value) > valueLimit) throw badRequest(`the value is larger than ${valueLimit} bytes`)
}

const common = {
  name: itemName,
  tags: z.array(z.string()).default([]),
  description: z.string().default(''),
  'delete-protection': flag.default(false),
  'change-event': flag.default(false),
}

const Created = z.object({
  ...common,
  value: z.string().default(''),
  type: z.enum(['generic', 'password']).default('generic'),
  format: z.enum(['text', 'json', 'key-value']).default('text'),
  username: z.string().optional(),
  password: z.string().optional(),
  'custom-field': z.record(z.string(), z.string()).default({}),
})

const createdValue = (input: z.output<typeof Created>): string => {
  if (input.type === 'generic') return input.value
  return JSON.stringify({ username: input.username, password: input.password, ...input['custom-field'] })
}

export const createSecret = guarded(Created, (desk, input) => {
  const path = desk.allow(input.name, 'create')
  if (desk.world.vault.get(path)) throw exists(path)
  const value = createdValue(input)
  checkSize(value)
  desk.world.vault.plant({
    draft: {
      ...plain,
      path,
      type: 'STATIC_SECRET',
      subType: input.type,
      format: input.format,
      tags: input.tags,
      description: input.description,
      deleteProtection: input['delete-protection'],
      changeEvent: input['change-event'],
    },
    values: [value],
  })
  return { name: path }
})

const Updated = z.object({
  name: itemName,
  value: z.string(),
  format: z.enum(['text', 'json', 'key-value']).optional(),
  'keep-prev-version': flag.optional(),
  /** Version before this update; another one means that somebody else was faster. */
  'last-version': z.number().optional(),
})

export const updateSecretVal = guarded(Updated, (desk, input) => {
  const item = desk.find(input.name, 'update')
  if (item.type !== 'STATIC_SECRET') throw wrongType(item.path, item.type)
  checkSize(input.value)
  const expected = input['last-version']
  if (expected !== undefined && expected !== lastVersion(item)) throw versionMoved(item.path, lastVersion(item))
  desk.world.vault.write(item, input.value, input['keep-prev-version'] ?? desk.world.quirks.keepsVersions)
  return { name: item.path }
})

const certificateFields = {
  'certificate-data': z.string().min(1),
  'key-data': z.string().optional(),
}

const pems = (input: { 'certificate-data': string; 'key-data'?: string | undefined }) => ({
  certificate_pem: Buffer.from(input['certificate-data'], 'base64').toString(),
  ...(input['key-data'] && { private_key_pem: Buffer.from(input['key-data'], 'base64').toString() }),
})

export const createCertificate = guarded(z.object({ ...common, ...certificateFields }), (desk, input) => {
  const path = desk.allow(input.name, 'create')
  if (desk.world.vault.get(path)) throw exists(path)
  const { tags, description } = input
  const draft = { ...plain, path, type: 'CERTIFICATE' as const, tags, description }
  desk.world.vault.plant({ draft: { ...draft, deleteProtection: input['delete-protection'] }, values: [pems(input)] })
  return { name: path }
})

export const updateCertificateValue = guarded(
  z.object({ name: itemName, ...certificateFields, 'keep-prev-version': flag.default(false) }),
  (desk, input) => {
    const item = desk.find(input.name, 'update')
    if (item.type !== 'CERTIFICATE') throw wrongType(item.path, item.type)
    desk.world.vault.write(item, pems(input), input['keep-prev-version'])
    return { name: item.path }
  },
)

const Edited = z.object({
  name: itemName,
  'new-name': z.string().min(1).optional(),
  'add-tag': z.array(z.string()).default([]),
  'rm-tag': z.array(z.string()).default([]),
  // the SDK sends this word for "leave as it is"
  description: z.string().default('default_metadata'),
  'delete-protection': flag.optional(),
  'change-event': flag.optional(),
})

export const updateItem = guarded(Edited, (desk, input) => {
  const item = desk.find(input.name, 'update')
  const path = input['new-name'] === undefined ? undefined : desk.allow(input['new-name'], 'create')
  if (path !== undefined && path !== item.path && desk.world.vault.get(path)) throw exists(path)
  const tags = item.tags.filter(tag => !input['rm-tag'].includes(tag))
  desk.world.vault.edit(item, {
    ...(path !== undefined && { path }),
    tags: [...new Set([...tags, ...input['add-tag']])],
    description: input.description === 'default_metadata' ? item.description : input.description,
    deleteProtection: input['delete-protection'] ?? item.deleteProtection,
    changeEvent: input['change-event'] ?? item.changeEvent,
  })
  return {}
})

export const setItemState = guarded(
  z.object({ name: itemName, 'desired-state': z.enum(['Enabled', 'Disabled']) }),
  (desk, input) => {
    desk.world.vault.edit(desk.find(input.name, 'update'), { enabled: input['desired-state'] === 'Enabled' })
    return {}
  },
)

/** -1 is the whole item, 0 the last version; the only version takes the item with it. */
const doomedVersion = (item: Item, wanted: number): number | 'whole' => {
  const version = wanted === 0 ? lastVersion(item) : wanted
  if (wanted === -1) return 'whole'
  if (!item.versions.some(({ number }) => number === version)) throw versionAbsent(item.path, version)
  return item.versions.length === 1 ? 'whole' : version
}

export const deleteItem = guarded(
  z.object({ name: itemName, version: z.number().int().default(-1) }),
  (desk, input) => {
    const item = desk.find(input.name, 'delete')
    if (item.deleteProtection) throw deleteProtected(item.path)
    const doomed = doomedVersion(item, input.version)
    if (doomed === 'whole') desk.world.vault.remove(item)
    else desk.world.vault.dropVersion(item, doomed)
    return {
      item_id: item.id,
      item_name: item.path,
      deletion_date: desk.world.now().toISOString(),
      version_deleted: doomed === 'whole' ? lastVersion(item) : doomed,
    }
  },
)
