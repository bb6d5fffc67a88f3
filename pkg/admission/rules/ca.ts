import { caCertificates } from '#materialize'
import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

export const ca: Rule<Store> = {
  id: 'ca',
  doc: 'caBundle holds certificates that can be parsed; caProvider names a key; of both, caBundle counts.',
  warns: true,
  check: store => {
    const { caBundle, caProvider } = akeyless(store) ?? {}
    const drafts: Draft[] = []
    const path = `${base}.caBundle`
    if (caBundle && caCertificates(caBundle) === undefined) {
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
