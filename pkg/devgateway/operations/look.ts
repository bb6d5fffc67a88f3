import { z } from 'zod'
import type { Desk } from '../desk.ts'
import type { Item } from '../item.ts'
import { flag, guarded, itemName } from '../operation.ts'
import { canonical } from '../vault.ts'
import { described, minimal, versionsOf } from '../view.ts'

export const describeItem = guarded(
  z.object({ name: itemName, 'show-versions': flag.default(false) }),
  (desk, input) => {
    const item = desk.find(input.name, 'list')
    const view = described(item, desk.permissions(item.path))
    return input['show-versions'] ? { ...view, item_versions: versionsOf(item) } : view
  },
)

export const getTags = guarded(z.object({ name: itemName }), (desk, input) => desk.find(input.name, 'list').tags)

export const describePermissions = guarded(z.object({ path: itemName, type: z.string() }), (desk, input) => ({
  client_permissions: desk.permissions(input.path),
}))

const listName = {
  STATIC_SECRET: 'static-secret',
  DYNAMIC_SECRET: 'dynamic-secret',
  ROTATED_SECRET: 'rotated-secret',
  CERTIFICATE: 'certificate',
  CLASSIC_KEY: 'classic-key',
  SSH_CERT_ISSUER: 'ssh-cert-issuer',
  PKI_CERT_ISSUER: 'pki-cert-issuer',
  TOKENIZER: 'tokenizer',
  USC: 'usc',
  OIDC_APP: 'oidc-app',
} as const satisfies Record<Item['type'], string>

const Listing = z.object({
  path: z.string().default(''),
  filter: z.string().default(''),
  tag: z.string().default(''),
  type: z.array(z.string()).default([]),
  'sub-types': z.array(z.string()).default([]),
  'current-folder': flag.default(false),
  'minimal-view': flag.default(false),
  /** Unix seconds. */
  'modified-after': z.number().default(0),
  'auto-pagination': z.string().default('enabled'),
  'pagination-token': z.string().default(''),
})
type Listing = z.output<typeof Listing>

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)

// whether path is recursive is not documented beyond the schema: akeyless.md §11
const within = (item: Item, folder: string, currentOnly: boolean): boolean =>
  currentOnly ? folderOf(item.path) === folder : item.path.startsWith(folder)

const wanted = (item: Item, query: Listing, folder: string): boolean =>
  within(item, folder, query['current-folder']) &&
  item.path.includes(query.filter) &&
  (query.tag === '' || item.tags.includes(query.tag)) &&
  (query.type.length === 0 || query.type.includes(listName[item.type])) &&
  (query['sub-types'].length === 0 || query['sub-types'].includes(item.subType)) &&
  item.modified.getTime() > query['modified-after'] * 1000

/** Every folder that holds one of the paths, from the asked folder down; with `direct` the next level only. */
const foldersBelow = (paths: readonly string[], folder: string, direct: boolean): string[] => {
  const all = paths
    .filter(path => path.startsWith(folder))
    .flatMap(path => {
      const segments = path.slice(folder.length).split('/').slice(0, -1)
      const depth = direct ? segments.slice(0, 1) : segments
      return depth.map((_, index) => `${folder}${segments.slice(0, index + 1).join('/')}/`)
    })
  return [...new Set(all)].sort()
}

const page = (desk: Desk, items: readonly Item[], query: Listing) => {
  const { autoPagination, pageSize } = desk.world.quirks
  const after = Buffer.from(query['pagination-token'], 'base64url').toString()
  const rest = items.filter(item => item.path > after)
  const whole = autoPagination && query['auto-pagination'] !== 'disabled'
  const shown = whole ? rest : rest.slice(0, pageSize)
  const more = shown.length < rest.length
  return { shown, more, next: more ? Buffer.from(shown.at(-1)?.path ?? '').toString('base64url') : '' }
}

export const listItems = guarded(Listing, (desk, query) => {
  const folder = query.path === '' ? '/' : canonical(`${query.path.replace(/\/+$/, '')}/`)
  const visible = desk.world.vault.all().filter(item => desk.permissions(item.path).includes('list'))
  const { shown, more, next } = page(
    desk,
    visible.filter(item => wanted(item, query, folder)),
    query,
  )
  return {
    items: shown.map(item => (query['minimal-view'] ? minimal(item) : described(item, desk.permissions(item.path)))),
    folders: foldersBelow(
      visible.map(item => item.path),
      folder,
      query['current-folder'],
    ),
    next_page: next,
    has_next: more,
  }
})
