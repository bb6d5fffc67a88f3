import { isLocalAddress, show } from '#core'
import type { Context, Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

const path = `${base}.akeylessGWApiURL`
const example = 'write it as https://api.akeyless.io or https://gateway.example.com:8080/v2'

const localNames =
  /^(?:.+\.)?localhost$|^localhost\.localdomain$|^ip6-(?:localhost|loopback)$|^metadata\.google\.internal$/
const apiServerNames = /^kubernetes\.default(?:\.svc(?:\..+)?)?$/

/** What is wrong with where a host is; the reconciler judges names by the addresses that they lead to (decision 25). */
const placeOf = (hostname: string): string | undefined => {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (isLocalAddress(host) || localNames.test(host)) return 'is local to the machine that Latchkey runs on'
  return apiServerNames.test(host) ? 'is the API server of the cluster' : undefined
}

const localDrafts = ({ hostname }: URL, { localGateways, reconciledElsewhere }: Context): Draft[] => {
  const place = localGateways === false ? placeOf(hostname) : undefined
  if (!place) return []
  return [
    {
      path,
      message: `${show(hostname)} ${place}`,
      remedy: 'name a gateway elsewhere; for development, start Latchkey with --allow-local-gateways',
      level: reconciledElsewhere ? 'warn' : 'deny',
    },
  ]
}

const urlDrafts = (text: string, context: Context): Draft[] => {
  // A URL with a password in it must not be repeated.
  const shown = text.includes('@') ? 'the text' : show(text)
  const wrong = (message: string, remedy = example): Draft[] => [{ path, message, remedy }]
  if (/\s/.test(text)) return wrong(`${shown} has blanks`)
  if (!/^https?:\/\//i.test(text)) return wrong(`${shown} does not start with https://`)
  if (/^https?:\/\/(?:[/?#:]|$)/i.test(text)) return wrong(`${shown} names no host`)
  const url = URL.parse(text)
  if (!url?.hostname) return wrong(`${shown} is not a URL`)
  if (url.username || url.password) {
    return wrong('has a user or password in front of the host', 'remove it; credentials belong in authSecretRef')
  }
  if (url.hash || url.search) return wrong('has a query or a fragment', 'end it after the path')
  const local = localDrafts(url, context)
  if (url.protocol === 'https:') return local
  const message = 'uses http: credentials and values cross the network in plain text'
  return [...local, { path, message, remedy: 'write https://', level: 'warn' }]
}

export const gatewayUrl: Rule<Store> = {
  id: 'gateway-url',
  doc: 'akeylessGWApiURL is empty (the public API) or a URL with scheme and host, no credentials, nothing local; plain http is warned about.',
  warns: true,
  check: (store, context) => {
    const url = akeyless(store)?.akeylessGWApiURL ?? ''
    return url === '' ? [] : urlDrafts(url, context)
  },
}
