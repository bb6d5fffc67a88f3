import { isIP } from 'node:net'

const hostName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/i
const highestPort = 65_535

export interface Address {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
}

/** As curl's --resolve: connections to host:port go to `to`, everything else about them stays. */
export interface Resolve {
  readonly host: string
  readonly port: number
  readonly to: Address
}

/** `ADDR:PORT`, `[ADDR]:PORT` or `:PORT`, which is every IPv4 address; undefined where it is none of them. */
export const readAddress = (text: string): Address | undefined => {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]*)):(\d{1,5})$/i.exec(text)
  if (!match) return undefined
  const [, bracketed, plain, digits] = match
  const host = bracketed ?? (plain || '0.0.0.0')
  const port = Number(digits)
  return port <= highestPort && (isIP(host) || host === 'localhost') ? { host, port } : undefined
}

/** `HOST:PORT=ADDR:PORT`; undefined where it is none. */
export const readResolve = (text: string): Resolve | undefined => {
  const [from = '', target = '', ...rest] = text.split('=')
  const [, host = '', digits = '0'] = /^([^:]+):(\d{1,5})$/.exec(from) ?? []
  const port = Number(digits)
  const to = readAddress(target)
  if (rest.length > 0 || !to || to.port === 0 || target.startsWith(':')) return undefined
  return hostName.test(host) && port > 0 && port <= highestPort ? { host: host.toLowerCase(), port, to } : undefined
}

/** The address as it stands in a URL. */
export const showAddress = ({ host, port }: Address): string => `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
