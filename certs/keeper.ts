import { createPrivateKey, X509Certificate } from 'node:crypto'
import { Fault, type Sensitive } from '#core'
import { joinBundle, readBundle } from './bundle.ts'
import { issueCa, issueLeaf, type Names, type Pair } from './issue.ts'
import type { Sources } from './keys.ts'
import { type CaFacts, type LeafFacts, nextStep, trusted } from './rotate.ts'
import type { CaStore, Stored, StoredCa } from './store.ts'
import { deriveToken } from './token.ts'

export interface KeeperDeps {
  readonly store: CaStore
  readonly sources: Sources
  readonly now: () => Date
  readonly names: Names
  /** Makes API servers trust this PEM bundle; called at each check, so it must be cheap when nothing changed. */
  readonly trust: (caBundle: string, signal: AbortSignal) => Promise<void>
  /** Told at each check, before `trust`, the token of the CA that all replicas share now. */
  readonly shares?: (token: Sensitive) => void
  /** Puts a serving certificate to work at once. */
  readonly serve: (leaf: Pair) => void
  /** Told why something new was made. */
  readonly told: (step: 'new-ca' | 'new-leaf', because: string) => void
}

export interface Keeper {
  /**
   * One look at the clock and at the store, to be repeated each minute: the wall clock may jump, a laptop may sleep and
   * the Secret may be deleted. Throws what the store or `trust` threw, after doing all that is possible without them.
   */
  check(signal: AbortSignal): Promise<void>
  /** When what is in use now ends; undefined before the first check. */
  ends(): { readonly ca: Date | undefined; readonly leaf: Date | undefined }
}

interface Authority extends StoredCa {
  /** Newest first; the first one signs. */
  readonly chain: readonly X509Certificate[]
}

interface Serving {
  readonly facts: LeafFacts
  readonly ca: X509Certificate
}

// Every lost race means that another replica succeeded, so a handful of turns is plenty.
const mostTurns = 5

const lifeOf = (cert: X509Certificate) => ({
  notBefore: cert.validFromDate.getTime(),
  notAfter: cert.validToDate.getTime(),
})
const factsOf = (cert: X509Certificate): CaFacts => ({ id: cert.fingerprint256, ...lifeOf(cert) })

/** What the Secret holds, or undefined where it cannot be used: edited by hand, cut, or key and certificate of two CAs. */
const readAuthority = (stored: StoredCa): Authority | undefined => {
  const chain = readBundle(stored.certs)
  try {
    const key = createPrivateKey(stored.key.reveal())
    return chain[0]?.ca && chain[0].checkPrivateKey(key) ? { certs: stored.certs, key: stored.key, chain } : undefined
  } catch {
    return undefined
  }
}

const prune = (chain: readonly X509Certificate[], now: Date): readonly X509Certificate[] =>
  trusted(
    chain.map(cert => ({ cert, ...lifeOf(cert) })),
    now.getTime(),
  ).map(({ cert }) => cert)

const withNewCa = (ca: Pair, before: Authority | undefined, now: Date): Authority => {
  const chain = prune([new X509Certificate(ca.cert), ...(before?.chain ?? [])], now)
  return { chain, certs: joinBundle(chain), key: ca.key }
}

/** Keeps CA, serving certificate and trust in step over all replicas (security.md F17, F18). */
export const createKeeper = (deps: KeeperDeps): Keeper => {
  const { store, sources, names } = deps
  // The last usable CA: puts a deleted Secret back, so that no replica has to change its certificate for that.
  let remembered: Authority | undefined
  let serving: Serving | undefined
  let running: Promise<void> | undefined

  const write = (ca: StoredCa, over: Stored | undefined, signal: AbortSignal) =>
    over ? store.replace(ca, over.version, signal) : store.create(ca, signal)

  const decide = (signer: Authority | undefined) =>
    nextStep({
      signer: signer?.chain[0] && factsOf(signer.chain[0]),
      leaf: serving?.facts,
      names,
      now: deps.now().getTime(),
    })

  const turn = async (signal: AbortSignal): Promise<Authority | undefined> => {
    const stored = await store.load(signal)
    const usable = stored && readAuthority(stored)
    const best = usable ?? remembered
    const step = decide(best)
    if (step.do !== 'new-ca') {
      if (usable || (best && (await write(best, stored, signal)) === 'written')) return best
      return undefined
    }
    const next = withNewCa(await issueCa({ sources, now: deps.now() }), best, deps.now())
    if ((await write(next, stored, signal)) !== 'written') return undefined
    deps.told('new-ca', step.because)
    return next
  }

  const agree = async (signal: AbortSignal): Promise<Authority> => {
    for (let turns = 0; turns < mostTurns; turns += 1) {
      const agreed = await turn(signal)
      if (agreed) return agreed
    }
    throw new Fault('ClusterRefused', 'the Secret with the webhook CA changes faster than it can be read')
  }

  const renewLeaf = async (ca: Authority): Promise<void> => {
    const [signer] = ca.chain
    const step = decide(ca)
    if (!signer || step.do !== 'new-leaf') return
    const leaf = await issueLeaf({ ca: { cert: signer.toString(), key: ca.key }, sources, now: deps.now(), names })
    deps.serve(leaf)
    serving = { facts: { ...lifeOf(new X509Certificate(leaf.cert)), names, signer: signer.fingerprint256 }, ca: signer }
    deps.told('new-leaf', step.because)
  }

  /** A leaf under a CA that nobody trusts yet would fail requests: the old one goes on while it can. */
  const mayServe = (ca: Authority, isTrusted: boolean): boolean =>
    isTrusted || serving?.facts.signer === ca.chain[0]?.fingerprint256 || !(serving && alive(serving.facts, deps.now()))

  const once = async (signal: AbortSignal): Promise<void> => {
    const failures: unknown[] = []
    const keep = (failure: unknown): undefined => {
      failures.push(failure)
      return undefined
    }
    const ca = (await agree(signal).catch(keep)) ?? remembered
    if (ca) {
      remembered = ca
      deps.shares?.(deriveToken(ca.key))
      const bundle = joinBundle(serving ? [...prune(ca.chain, deps.now()), serving.ca] : prune(ca.chain, deps.now()))
      const isTrusted = await deps.trust(bundle, signal).then(() => true, keep)
      if (mayServe(ca, isTrusted === true)) await renewLeaf(ca)
    }
    if (failures.length > 0) throw failures[0]
  }

  return {
    check: signal => {
      running ??= once(signal).finally(() => {
        running = undefined
      })
      return running
    },
    ends: () => ({
      ca: remembered?.chain[0]?.validToDate,
      leaf: serving && new Date(serving.facts.notAfter),
    }),
  }
}

const alive = ({ notAfter }: LeafFacts, now: Date): boolean => now.getTime() < notAfter
