import { show } from '#core'
import type { Draft, Rule } from '../findings.ts'
import { akeyless, base, type Store } from './store.ts'

const path = `${base}.akeylessGWApiURL`
const example = 'write it as https://api.akeyless.io or https://gateway.example.com:8080/v2'

const urlDrafts = (text: string): Draft[] => {
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
  if (url.protocol === 'https:') return []
  const message = 'uses http: credentials and values cross the network in plain text'
  return [{ path, message, remedy: 'write https://', level: 'warn' }]
}

export const gatewayUrl: Rule<Store> = {
  id: 'gateway-url',
  doc: 'akeylessGWApiURL is empty (the public API) or a URL with scheme and host, without credentials; plain http is warned about.',
  check: store => {
    const url = akeyless(store)?.akeylessGWApiURL ?? ''
    return url === '' ? [] : urlDrafts(url)
  },
}
