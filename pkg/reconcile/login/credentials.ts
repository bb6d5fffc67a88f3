import { type AccessType, type AkeylessProvider, accessTypes, type Login } from '#api'
import { Fault, Sensitive } from '#core'
import { joined } from '../words.ts'
import { azureLogin } from './azure.ts'
import { certificateAndKey } from './certificate.ts'
import type { Said } from './said.ts'
import {
  base,
  type Context,
  createFind,
  type Field,
  type Found,
  invalid,
  type SecretKey,
  type Selectors,
  wordOf,
} from './selectors.ts'
import { accountPath, tokenOf } from './service-account.ts'

interface Way {
  /** What accessTypeParam must hold; undefined where it may be left out. */
  readonly needs?: string
  readonly withoutId?: boolean
  readonly login: (said: Said) => Login | Promise<Login>
}

const apiKey: Way = {
  needs: 'the access key',
  login: ({ accessId, param }) => ({ type: 'api_key', accessId, accessKey: param.value }),
}

/** Akeyless' own name, which every auth method of this type takes unless somebody says otherwise (akeyless.md §4). */
const usualAudience = 'akeyless.io'

/** How each access type logs in (akeyless.md §4). A new type is a new entry. */
const ways = {
  api_key: apiKey,
  access_key: apiKey,
  k8s: {
    needs: 'the name of the Kubernetes auth config of the gateway',
    login: ({ context, accessId, word, account }) => ({
      type: 'k8s',
      accessId,
      config: word,
      token: tokenOf(context, account, accountPath),
    }),
  },
  aws_iam: { login: ({ accessId }) => ({ type: 'aws_iam', accessId }) },
  azure_ad: { login: azureLogin },
  gcp: { login: ({ accessId, word }) => ({ type: 'gcp', accessId, audience: word || usualAudience }) },
  jwt: {
    login: ({ context, accessId, word, account }) => ({
      type: 'jwt',
      accessId,
      token: tokenOf(context, account, accountPath, [word || usualAudience]),
    }),
  },
  universal_identity: {
    needs: 'the token, as u-…',
    withoutId: true,
    // as it is compared with when its successor is written back
    login: ({ word }) => ({ type: 'universal_identity', token: Sensitive.text(word) }),
  },
  cert: {
    needs: 'the certificate and its key in PEM',
    login: ({ accessId, param }) => ({ type: 'cert', accessId, ...certificateAndKey(param) }),
  },
} as const satisfies Record<AccessType, Way>

const isAccessType = (text: string): text is AccessType => accessTypes.some(type => type === text)

const typeOf = (found: Found | Fault): AccessType | Fault => {
  if (found instanceof Fault) return found
  const type = wordOf(found)
  if (isAccessType(type)) return type
  return invalid(found, 'holds no access type that Akeyless has', `write one of ${accessTypes.join(', ')}`)
}

/** What a way to log in misses in one value; `what` is what should be there. Undefined where it can do. */
const missingIn = (value: Found | Fault, what: string | undefined, isNamed: boolean): Fault | undefined => {
  if (value instanceof Fault) return what || isNamed ? value : undefined
  return what && wordOf(value) === '' ? invalid(value, 'is empty', `put ${what} there`) : undefined
}

const faultIn = async <T>(work: () => T | Promise<T>): Promise<T | Fault> => {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
}

/** Selectors that name nothing are no fault where the type does without: only a Secret that is named must be there. */
const isNamed = (selectors: Selectors, field: Field): boolean => Boolean(selectors[field]?.name)

/** A login, what should be mended in its Secret though it works, and where a token stands that changes with use. */
export interface Told {
  readonly login: Login
  readonly notes: readonly string[]
  readonly tokenAt?: SecretKey
}

const nowhere = { namespace: '', name: '', key: '' }
const blank: Found = { value: Sensitive.text(''), place: '', at: nowhere, path: '', trimmed: false }

interface Values {
  readonly accessID: Found | Fault
  readonly accessTypeParam: Found | Fault
}

/** The login by one way. Throws Fault: one for everything that is wrong, so that nobody repairs it piece by piece. */
const loginBy = async (
  { needs, withoutId, login }: Way,
  { accessID, accessTypeParam }: Values,
  selectors: Selectors,
  around: Pick<Said, 'context' | 'account'>,
): Promise<Login> => {
  const noId = missingIn(accessID, withoutId ? undefined : 'the access id', isNamed(selectors, 'accessID'))
  const noParam = missingIn(accessTypeParam, needs, isNamed(selectors, 'accessTypeParam'))
  const accessId = accessID instanceof Fault ? '' : wordOf(accessID)
  const param = accessTypeParam instanceof Fault ? blank : accessTypeParam
  const made = noParam ?? (await faultIn(() => login({ ...around, accessId, param, word: wordOf(param) })))
  const faults = [noId, made].filter(value => value instanceof Fault)
  if (made instanceof Fault || faults.length > 0) throw joined(faults)
  return made
}

/** The login that a credentials Secret tells. Throws Fault. */
export const credentialsLogin = async (
  context: Context,
  { authSecretRef, serviceAccountRef }: AkeylessProvider,
): Promise<Told> => {
  const selectors = authSecretRef.secretRef
  if (!selectors) throw new Fault('SpecInvalid', 'says no way to log in', { path: base, remedy: 'set secretRef' })
  const find = createFind(context)
  const at = (field: Field) => find(selectors[field], `${base}.secretRef.${field}`)
  const accessID = await at('accessID')
  const accessType = await at('accessType')
  const accessTypeParam = await at('accessTypeParam')
  const type = typeOf(accessType)
  // the type decides what else is needed, so what is wrong with it is said first
  if (type instanceof Fault) {
    const all = [type, accessID, isNamed(selectors, 'accessTypeParam') ? accessTypeParam : undefined]
    throw joined(all.filter(value => value instanceof Fault))
  }
  const account = authSecretRef.serviceAccountRef ?? serviceAccountRef
  const login = await loginBy(ways[type], { accessID, accessTypeParam }, selectors, { context, account })
  const padded = [accessID, accessType].filter(value => !(value instanceof Fault) && value.trimmed)
  const notes = padded.flatMap(value =>
    value instanceof Fault
      ? []
      : [
          `${value.place} has blanks or line ends around it, which are left out → write it without them, as printf does and echo does not`,
        ],
  )
  const rotates = login.type === 'universal_identity' && !(accessTypeParam instanceof Fault)
  return { login, notes, ...(rotates ? { tokenAt: accessTypeParam.at } : {}) }
}
