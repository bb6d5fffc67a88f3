import { Fault, Sensitive } from '#core'
import type { secretWriter } from '#kube'

interface Place {
  readonly namespace: string
  readonly name: string
  readonly key: string
}

type Secrets = Pick<ReturnType<typeof secretWriter>, 'read' | 'replace'>

/** Where tokens of universal identities stand, and how their successors get there. */
export interface TokenPlaces {
  note(fingerprint: string, at: Place): void
  /**
   * Writes the successor wherever the token with this fingerprint stands. Does no harm twice. Throws Fault, and also where it stands
   * nowhere in the end.
   */
  replace(fingerprint: string, successor: Sensitive, signal: AbortSignal): Promise<void>
}

// tokens of former logins: a process that runs for months must not keep them all
const mostKept = 1_000
const tries = 5
const manager = 'latchkey'

/** As it was compared with: line ends behind it belong to no token. */
const fingerprintOf = (base64: string | undefined): string =>
  Sensitive.text(
    Buffer.from(base64 ?? '', 'base64')
      .toString('utf8')
      .trim(),
  ).fingerprint()

interface Exchange {
  readonly fingerprint: string
  readonly successor: Sensitive
}

/** Whether the successor stands there now. */
const replaceAt = async (
  secrets: Secrets,
  { namespace, name, key }: Place,
  { fingerprint, successor }: Exchange,
  signal: AbortSignal,
): Promise<boolean> => {
  for (let count = 0; count < tries; count += 1) {
    const secret = await secrets.read(namespace, name, signal)
    const found = fingerprintOf(new Map(Object.entries(secret?.data ?? {})).get(key))
    if (found === successor.fingerprint()) return true
    // somebody put another token there, or took the Secret away: theirs counts
    if (!secret || found !== fingerprint) return false
    const data = { ...secret.data, [key]: successor.reveal().toString('base64') }
    const { managedFields: _, ...metadata } = secret.metadata
    if ((await secrets.replace({ ...secret, metadata, data }, manager, signal)) === 'written') return true
  }
  throw new Fault(
    'ClusterRefused',
    `Secret ${namespace}/${name} was changed by somebody else at each of ${tries} tries`,
  )
}

const nowhere = (): Fault =>
  new Fault('CredentialMissing', 'no Secret holds the token any more that is to be replaced', {
    remedy: 'put a token that works into the Secret that the store names',
  })

export const createTokenPlaces = (secrets: Secrets): TokenPlaces => {
  const places = new Map<string, Map<string, Place>>()
  const note = (fingerprint: string, at: Place): void => {
    const known = places.get(fingerprint) ?? new Map<string, Place>()
    places.delete(fingerprint)
    places.set(fingerprint, known.set(`${at.namespace}/${at.name}/${at.key}`, at))
    const [oldest] = places.keys()
    if (places.size > mostKept && oldest !== undefined) places.delete(oldest)
  }
  return {
    note,
    replace: async (fingerprint, successor, signal) => {
      let stands = false
      for (const at of [...(places.get(fingerprint)?.values() ?? [])]) {
        if (!(await replaceAt(secrets, at, { fingerprint, successor }, signal))) continue
        stands = true
        note(successor.fingerprint(), at)
      }
      // whoever asked would tell Akeyless that the old one may go
      if (!stands) throw nowhere()
    },
  }
}
