import { type AccessType, type AkeylessProvider, accessTypes, type Identity, type Login } from '#api'
import { Fault, Sensitive, show } from '#core'
import { authorityOf } from './authority.ts'
import type { CredentialReader } from './ports.ts'
import { reach } from './reach.ts'
import type { Store } from './store.ts'
import { joined } from './words.ts'

const defaultGateway = 'https://api.akeyless.io'
const base = 'spec.provider.akeyless.authSecretRef'
const fields = ['accessID', 'accessType', 'accessTypeParam'] as const
type Field = (typeof fields)[number]

/** One selector of the credentials, found: its bytes, and how messages name the place. */
interface Found {
  readonly value: Sensitive
  readonly place: string
  readonly path: string
}
type Data = ReadonlyMap<string, Sensitive> | undefined
type SecretRef = NonNullable<AkeylessProvider['authSecretRef']['secretRef']>

/** What `kubectl create secret --from-file` and editors leave at the end belongs to no credential. */
const trimmed = (value: Sensitive): Sensitive => {
  const bytes = value.reveal()
  let end = bytes.length
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end -= 1
  return end === bytes.length ? value : Sensitive.bytes(bytes.subarray(0, end))
}

const locate = (data: Data, namespace: string, name: string, key: string, path: string): Found | Fault => {
  const object = `Secret ${namespace}/${name}`
  if (!data) {
    return new Fault('CredentialMissing', `${object} does not exist`, { path: base, remedy: 'create it' })
  }
  const value = data.get(key)
  const place = `${object}, key ${JSON.stringify(key)},`
  if (value) return { value: trimmed(value), place, path }
  // names only, and few: the one that was meant is usually among them
  const others = [...data.keys()].slice(0, 5).map(show).join(', ')
  const remedy = others ? `add the key, or name one that is there: ${others}` : 'add the key'
  return new Fault('CredentialMissing', `${object} has no key ${JSON.stringify(key)}`, { path, remedy })
}

interface Context {
  readonly store: Store
  readonly namespace: string
  readonly credentials: CredentialReader
  readonly signal: AbortSignal
}

/** Each Secret is read once, however many selectors point into it. */
const reader = ({ credentials, signal }: Context) => {
  const reads = new Map<string, Promise<Data>>()
  return (namespace: string, name: string): Promise<Data> => {
    const id = `${namespace}/${name}`
    const read = reads.get(id) ?? credentials.secret(namespace, name, signal)
    reads.set(id, read)
    return read
  }
}

const find = async (
  context: Context,
  selectors: SecretRef,
  read: ReturnType<typeof reader>,
  field: Field,
): Promise<Found | Fault> => {
  const selector = selectors[field]
  const path = `${base}.secretRef.${field}`
  if (!selector?.name || !selector.key) {
    const missing = selector?.name ? 'key' : 'name'
    return new Fault('SpecInvalid', `the ${missing} is missing`, { path, remedy: `give name and key of a Secret` })
  }
  try {
    const namespace = reach(context.store.kind, context.namespace, selector, path)
    return locate(await read(namespace, selector.name), namespace, selector.name, selector.key, path)
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
}

const invalid = ({ place, path }: Found, problem: string, remedy: string): Fault =>
  new Fault('CredentialInvalid', `${place} ${problem}`, { path, remedy })

const isAccessType = (text: string): text is AccessType => accessTypes.some(type => type === text)

const later = (type: AccessType, path: string): Fault =>
  new Fault('NotSupported', `access type ${type} is not supported by this version`, {
    path,
    remedy: 'use an API key with access type api_key, or keep this store with ESO',
  })

const apiKey = (found: Readonly<Record<Field, Found>>): Login => {
  const accessId = found.accessID.value.reveal().toString('utf8').trim()
  const { value: accessKey } = found.accessTypeParam
  const faults = [
    ...(accessId === '' ? [invalid(found.accessID, 'is empty', 'put the access id there')] : []),
    ...(accessKey.size === 0 ? [invalid(found.accessTypeParam, 'is empty', 'put the access key there')] : []),
  ]
  if (faults.length > 0) throw joined(faults)
  return { type: 'api_key', accessId, accessKey }
}

/** How each access type logs in, with its credentials at hand; undefined where this version cannot. A new type is a new entry. */
const logins = {
  api_key: apiKey,
  access_key: apiKey,
  k8s: undefined,
  aws_iam: undefined,
  azure_ad: undefined,
  gcp: undefined,
} as const satisfies Record<AccessType, ((found: Readonly<Record<Field, Found>>) => Login) | undefined>

const typeOf = (found: Found): keyof typeof logins => {
  const type = found.value.reveal().toString('utf8').trim()
  if (isAccessType(type)) return type
  throw invalid(
    found,
    'holds no access type that Akeyless has',
    `write one of ${accessTypes.join(', ')}; this version logs in with api_key`,
  )
}

const loginOf = async (context: Context, { authSecretRef }: AkeylessProvider): Promise<Login> => {
  if (authSecretRef.kubernetesAuth) throw later('k8s', `${base}.kubernetesAuth`)
  const selectors = authSecretRef.secretRef
  if (!selectors) {
    throw new Fault('SpecInvalid', 'says no way to log in', { path: base, remedy: 'set secretRef' })
  }
  const read = reader(context)
  const accessType = await find(context, selectors, read, 'accessType')
  const accessID = await find(context, selectors, read, 'accessID')
  const accessTypeParam = await find(context, selectors, read, 'accessTypeParam')
  // the type decides what else is needed, so what is wrong with it is said first
  const type = accessType instanceof Fault ? undefined : typeOf(accessType)
  const login = type && logins[type]
  if (type && !login) throw later(type, `${base}.secretRef.accessType`)
  if (!login || accessID instanceof Fault || accessType instanceof Fault || accessTypeParam instanceof Fault) {
    throw joined([accessID, accessType, accessTypeParam].filter(part => part instanceof Fault))
  }
  return login({ accessID, accessType, accessTypeParam })
}

/**
 * Who a store logs in as, and where: the Secrets and ConfigMaps that it names, read now. `namespace` is the one that a
 * SecretStore lives in, and so do the ExternalSecrets that use it. Throws Fault with the place and the remedy, no value.
 */
export const resolveIdentity = async (
  store: Store,
  namespace: string,
  credentials: CredentialReader,
  signal: AbortSignal,
): Promise<Identity> => {
  const provider = store.spec.provider.akeyless
  if (!provider) {
    const others = Object.keys(store.spec.provider).join(', ')
    throw new Fault('NotSupported', `Latchkey serves no provider ${others}`, {
      path: 'spec.provider',
      remedy: 'use akeyless, or give the store another class in spec.controller',
    })
  }
  const context = { store, namespace, credentials, signal }
  const login = await loginOf(context, provider)
  const ca = await authorityOf(store, provider, namespace, credentials, signal)
  return {
    gateway: provider.akeylessGWApiURL || defaultGateway,
    ...(ca === undefined ? {} : { ca }),
    ignoreCache: provider.ignoreCache ?? false,
    login,
  }
}
