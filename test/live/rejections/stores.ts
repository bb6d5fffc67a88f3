// The stores that the cases of the rules take for granted (test/unit/admission/rules/context.ts).
import { akeylessSpec, type Json } from '../../support/objects.ts'

interface Named {
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
}

const refsIn = (value: Json): readonly Json[] => {
  if (typeof value !== 'object' || value === null) return []
  const own = ['secretStoreRef', 'storeRef'].flatMap(field =>
    typeof value[field]?.name === 'string' ? [value[field]] : [],
  )
  return [...own, ...Object.values(value).flatMap(refsIn)]
}

// a name that the schema would refuse names no store
const isName = (name: string): boolean => /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)

const specs: Readonly<Record<string, object>> = {
  vault: { provider: { vault: { server: 'https://vault.example.com' } } },
  private: { conditions: [{ namespaces: ['in'] }] },
}

const selector = (key: string, namespace: string | undefined) => ({
  name: 'creds',
  key,
  ...(namespace && { namespace }),
})

const manifest = ({ kind, name, namespace }: Named) => {
  const where = namespace === undefined ? 'team-a' : undefined
  const secretRef = { accessID: selector('accessId', where), accessType: selector('accessType', where) }
  return {
    apiVersion: 'external-secrets.io/v1',
    kind,
    metadata: { name, ...(namespace && { namespace }) },
    spec: { ...akeylessSpec({ authSecretRef: { secretRef } }), ...specs[name] },
  }
}

/** Every store that one of the objects names, but for `ghost`, which is nowhere. */
export const storesOf = (objects: readonly { object: Json; namespace: string }[]): readonly object[] => {
  const named = new Map<string, Named>()
  for (const { object, namespace } of objects) {
    for (const { kind = 'SecretStore', name } of refsIn(object?.spec)) {
      if (name === 'ghost' || !isName(name)) continue
      if (kind !== 'SecretStore' && kind !== 'ClusterSecretStore') continue
      const where = kind === 'SecretStore' ? namespace : undefined
      named.set(`${kind} ${where} ${name}`, { kind, name, namespace: where })
    }
  }
  return [...named.values()].map(manifest)
}
