import { show } from '#core'
import type { Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

// akeyless.md §1: the last letter but one tells the type; what is no access id of full length is a placeholder
const typed = /^p-(?:[A-Za-z0-9]{12}|[A-Za-z0-9]{14})$/
const types: ReadonlyMap<string | undefined, string> = new Map([
  ['a', 'api_key'],
  ['w', 'aws_iam'],
  ['g', 'gcp'],
  ['z', 'azure_ad'],
  ['o', 'jwt'],
])

const problemOf = (id: string): string | undefined => {
  if (/[\s\p{C}]/u.test(id)) return 'has blanks or control characters'
  if (!id.startsWith('p-')) return 'does not look like an access id'
  const type = typed.test(id) ? types.get(id.at(-2)) : undefined
  return type && `looks like the access id of an auth method of type ${type}`
}

export const accessId: Rule<Store> = {
  id: 'access-id',
  doc: 'kubernetesAuth.accessID looks like that of a Kubernetes auth method; a warning, since Akeyless alone knows.',
  warns: true,
  check: store => {
    const { accessID = '' } = akeyless(store)?.authSecretRef.kubernetesAuth ?? {}
    const problem = accessID.trim() === '' ? undefined : problemOf(accessID)
    if (problem === undefined) return []
    const path = `${base}.authSecretRef.kubernetesAuth.accessID`
    const remedy = 'write the access id of the Kubernetes auth method, as p-…'
    return [{ path, message: `${show(accessID)} ${problem}`, remedy, level: 'warn' }]
  },
}
