import { backdateMs, leafDays, type Names } from './issue.ts'

const day = 86_400e3

/** How long a new CA is only announced: API servers must know it before they meet a leaf that it signed. */
export const settleMs = 300e3

/** Milliseconds since the epoch. */
export interface Life {
  readonly notBefore: number
  readonly notAfter: number
}

export interface CaFacts extends Life {
  /** SHA-256 fingerprint. */
  readonly id: string
}

export interface LeafFacts extends Life {
  readonly names: Names
  /** The id of the CA that signed it. */
  readonly signer: string
}

export type Step =
  | { readonly do: 'keep' }
  | { readonly do: 'new-ca'; readonly because: string }
  | { readonly do: 'new-leaf'; readonly because: string }

/** Two thirds of a life: the moment of renewal, with a third left to repair what prevents it. */
export const renewalOf = ({ notBefore, notAfter }: Life): number => notBefore + ((notAfter - notBefore) * 2) / 3

const started = (life: Life, now: number): boolean => now >= life.notBefore
const alive = (life: Life, now: number): boolean => started(life, now) && now < life.notAfter
const birth = (ca: Life): number => ca.notBefore + backdateMs

const covers = (has: Names, wants: Names): boolean =>
  wants.dns.every(name => has.dns.includes(name)) && wants.ip.every(ip => has.ip.includes(ip))

const leafReason = (leaf: LeafFacts, signer: CaFacts, names: Names, now: number): string | undefined => {
  if (!started(leaf, now)) return 'the serving certificate starts in the future: the clock was set back'
  if (now >= renewalOf(leaf)) return 'two thirds of the life of the serving certificate have passed'
  if (!covers(leaf.names, names)) return 'the serving certificate lacks a name'
  if (leaf.signer !== signer.id) return 'the CA is a newer one'
  return undefined
}

/** What to do now; pure. A young CA signs nothing while a leaf of its predecessor still serves every name. */
export const nextStep = (at: {
  readonly signer: CaFacts | undefined
  readonly leaf: LeafFacts | undefined
  readonly names: Names
  readonly now: number
}): Step => {
  const { signer, leaf, names, now } = at
  if (!signer) return { do: 'new-ca', because: 'there is no CA' }
  if (!started(signer, now)) return { do: 'new-ca', because: 'the CA starts in the future: the clock was set back' }
  if (now >= renewalOf(signer)) return { do: 'new-ca', because: 'two thirds of the life of the CA have passed' }
  if (!leaf) return { do: 'new-leaf', because: 'there is no serving certificate' }
  const because = leafReason(leaf, signer, names, now)
  if (!because) return { do: 'keep' }
  const settling = leaf.signer !== signer.id && now < birth(signer) + settleMs
  return settling && alive(leaf, now) && covers(leaf.names, names) ? { do: 'keep' } : { do: 'new-leaf', because }
}

/**
 * The CAs to trust, newest first: a retired one stays until it expires or until the last leaf it can have signed is
 * gone, which is a leaf's life after its successor came.
 */
export const trusted = <T extends Life>(newestFirst: readonly T[], now: number): readonly T[] =>
  newestFirst.filter((ca, index) => {
    const successor = newestFirst[index - 1]
    return !successor || (now < ca.notAfter && now < birth(successor) + (leafDays + 1) * day)
  })
