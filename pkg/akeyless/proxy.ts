import { BlockList, isIP } from 'node:net'
import { Fault } from '#core'
import type { Gateway } from './url.ts'

/** Proxies as the usual environment variables name them. */
export interface Proxies {
  /** For https gateways, which are reached by CONNECT. */
  readonly https?: string
  /** For http gateways. */
  readonly http?: string
  /** Gateways that are reached directly: names with all below them, `.names` below, addresses, CIDRs, each with or without port; `*`. */
  readonly no?: readonly string[]
}

/** Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in lower case where the upper is not set, as Go programs do. */
export const proxiesOf = (env: Readonly<Record<string, string | undefined>>): Proxies => {
  const read = (name: string) => env[name] || env[name.toLowerCase()] || undefined
  const [https, http, no] = [read('HTTPS_PROXY'), read('HTTP_PROXY'), read('NO_PROXY')]
  return { ...(https && { https }), ...(http && { http }), ...(no && { no: no.split(',') }) }
}

/** The proxy on the way to a gateway, or undefined where there is none. */
export type Route = (gateway: Pick<Gateway, 'origin' | 'hostname' | 'port'>) => URL | undefined

type Matches = (hostname: string, port: number) => boolean

const parseProxy = (text: string | undefined, variable: string): URL | undefined => {
  if (!text?.trim()) return undefined
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text.trim()) ? text.trim() : `http://${text.trim()}`)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname) return url
  // its text may hold a password
  throw new Fault('ConfigInvalid', `${variable} names no HTTP proxy`, {
    remedy: 'give a URL such as http://proxy.example.com:3128',
  })
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

const withinSubnet = (address: string, bits: string): Matches => {
  const list = new BlockList()
  try {
    list.addSubnet(address, Number(bits), family(address))
  } catch {
    return () => false
  }
  return hostname => isIP(hostname) !== 0 && list.check(hostname, family(hostname))
}

const sameAddress = (address: string): Matches => withinSubnet(address, isIP(address) === 6 ? '128' : '32')

/** One entry of NO_PROXY. An entry that means nothing matches nothing, as everywhere. */
const entry = (text: string): Matches => {
  const word = text.trim().toLowerCase()
  if (word === '') return () => false
  if (word === '*') return () => true
  const [, subnet = '', bits = ''] = /^([\da-f.:]+)\/(\d+)$/.exec(word) ?? []
  if (isIP(subnet) !== 0) return withinSubnet(subnet, bits)
  if (isIP(word) !== 0) return sameAddress(word)
  const [, host = word, wantedPort] = /^(.*):(\d+)$/.exec(word) ?? []
  const name = host.replace(/^\[|\]$/g, '')
  const below = name.replace(/^\*?\./, '.')
  const matches: Matches =
    isIP(name) !== 0
      ? sameAddress(name)
      : hostname => (below.startsWith('.') ? hostname.endsWith(below) : `.${hostname}`.endsWith(`.${below}`))
  return (hostname, port) => (wantedPort === undefined || port === Number(wantedPort)) && matches(hostname, port)
}

const loopback: readonly Matches[] = [withinSubnet('127.0.0.0', '8'), sameAddress('::1'), entry('localhost')]

/** Throws ConfigInvalid where a proxy is no URL. This machine is never asked for by a proxy: it would mean the proxy's own. */
export const createRoute = (proxies: Proxies | undefined): Route => {
  const https = parseProxy(proxies?.https, 'HTTPS_PROXY')
  const http = parseProxy(proxies?.http, 'HTTP_PROXY')
  const direct = [...loopback, ...(proxies?.no ?? []).map(entry)]
  return ({ origin, hostname, port }) => {
    const proxy = origin.startsWith('https:') ? https : http
    const name = hostname.replace(/\.$/, '')
    return proxy && !direct.some(matches => matches(name, port)) ? proxy : undefined
  }
}
