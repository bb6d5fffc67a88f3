import { show } from '#core'
import { caCertificates, validityOf } from '#materialize'
import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

const path = `${base}.caBundle`

// the reconciler takes no more (security.md T34)
const mostBytes = 512 * 1024

const day = (date: Date): string => date.toISOString().slice(0, 10)

/** That none of the certificates is valid now: one of several may well be an old one that is kept for a while. */
const timeDrafts = (pem: string, now: Date): Draft[] => {
  const all = validityOf(pem)
  const [first] = all.toSorted((a, b) => b.to.getTime() - a.to.getTime())
  if (!first || all.some(({ from, to }) => from <= now && now <= to)) return []
  const when = first.to < now ? `ended on ${day(first.to)}` : `begins on ${day(first.from)}`
  const which = all.length === 1 ? 'its certificate' : `the last of its ${all.length} certificates`
  const message = `is not valid now: ${which}, ${show(first.subject.replaceAll('\n', ', '))}, ${when}`
  return [{ path, message, remedy: 'put in the present CA of the gateway', level: 'warn' }]
}

export const ca: Rule<Store> = {
  id: 'ca',
  doc: 'caBundle holds certificates that can be parsed, one of them valid now or a warning; caProvider names a key; of both, caBundle counts.',
  warns: true,
  check: (store, { now }) => {
    const { caBundle, caProvider } = akeyless(store) ?? {}
    const drafts: Draft[] = []
    if (caBundle && caBundle.length > (mostBytes * 4) / 3) {
      return [
        { path, message: `has more than ${mostBytes} bytes`, remedy: 'keep the certificates of the gateway alone' },
      ]
    }
    const pem = caBundle ? caCertificates(caBundle) : undefined
    if (pem && now) drafts.push(...timeDrafts(pem, now))
    if (caBundle && pem === undefined) {
      const remedy = 'write base64 of a PEM file that holds CERTIFICATE blocks'
      drafts.push({ path, message: 'holds no certificate that can be parsed', remedy })
    }
    if (caProvider && !caProvider.key) {
      drafts.push({ path: `${base}.caProvider.key`, message: 'is missing', remedy: 'name the key, as ca.crt' })
    }
    if (caBundle && caProvider) {
      const message = 'is not used: caBundle is given too'
      drafts.push({ path: `${base}.caProvider`, message, remedy: 'remove one of them', level: 'warn' })
    }
    return drafts
  },
}
