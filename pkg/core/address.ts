/** The leading groups of an IPv6 address and how many of their bits count; of an IPv4 one, its number and the same. */
interface Subnet<T> {
  readonly start: T
  readonly bits: number
}

const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

/** An IPv4 address as a number; undefined for anything but four plain decimals. */
const v4Of = (text: string): number | undefined => {
  const parts = octets.exec(text)?.slice(1).map(Number)
  if (!parts?.every(part => part <= 255)) return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/** A dotted tail, written as the two groups that it stands for. */
const withoutDots = (address: string): string | undefined => {
  const at = address.lastIndexOf(':') + 1
  const tail = address.slice(at)
  if (!tail.includes('.')) return address
  const number = v4Of(tail)
  if (number === undefined) return undefined
  return `${address.slice(0, at)}${(number >>> 16).toString(16)}:${(number & 0xffff).toString(16)}`
}

/** The eight groups of an IPv6 address; undefined where the text is none. */
const v6Of = (address: string): readonly number[] | undefined => {
  const [head = '', tail, ...more] = (withoutDots(address) ?? 'none').split('::')
  if (more.length > 0) return undefined
  const parse = (part: string) => (part === '' ? [] : part.split(':'))
  const [left, right] = [parse(head), parse(tail ?? '')]
  const gap = 8 - left.length - right.length
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined
  const groups = [...left, ...Array<string>(gap).fill('0'), ...right]
  return groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map(group => Number.parseInt(group, 16))
    : undefined
}

const v4 = (start: string, bits: number): Subnet<number> => ({ start: v4Of(start) ?? 0, bits })
const v6 = (start: string, bits: number): Subnet<readonly number[]> => ({ start: v6Of(start) ?? [], bits })

const local4 = [
  v4('0.0.0.0', 8),
  v4('127.0.0.0', 8),
  v4('169.254.0.0', 16),
  v4('224.0.0.0', 4),
  // reserved, and the broadcast address
  v4('240.0.0.0', 4),
  // metadata services outside of the link: Azure, Alibaba, Oracle
  v4('168.63.129.16', 32),
  v4('100.100.100.200', 32),
  v4('192.0.0.192', 32),
]

const local6 = [
  v6('::', 128),
  v6('::1', 128),
  v6('fe80::', 10),
  v6('fec0::', 10),
  v6('ff00::', 8),
  // metadata services: all of AWS' own, Google, Scaleway
  v6('fd00:ec2::', 32),
  v6('fd20:ce::254', 128),
  v6('fd00:42::42', 128),
]

const in4 = (number: number, { start, bits }: Subnet<number>): boolean =>
  Math.floor(number / 2 ** (32 - bits)) === Math.floor(start / 2 ** (32 - bits))

const in6 = (groups: readonly number[], { start, bits }: Subnet<readonly number[]>): boolean =>
  groups.every((group, index) => {
    const free = 16 - Math.min(16, Math.max(0, bits - 16 * index))
    return group >> free === (start[index] ?? 0) >> free
  })

/** The IPv4 addresses that an IPv6 address leads to: mapped, compatible, NAT64, 6to4, ISATAP or Teredo (security.md §0.7). */
const embedded = (groups: readonly number[]): readonly string[] => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups
  const zeros = a === 0 && b === 0 && c === 0 && d === 0
  if (zeros && (e === 0 || e === 0xffff) && (f === 0 || f === 0xffff)) return [dotted(g, h)]
  if (a === 0x64 && b === 0xff9b) return [dotted(g, h)]
  if (a === 0x2002) return [dotted(b, c)]
  // any prefix, with or without the mark of a global address
  if ((e === 0 || e === 0x200) && f === 0x5efe) return [dotted(g, h)]
  // its server, and its client with every bit turned over
  if (a === 0x2001 && b === 0) return [dotted(c, d), dotted(g ^ 0xffff, h ^ 0xffff)]
  return []
}

/** An IP address and the IPv4 addresses that it leads to in one of the ways of IPv6. The text of anything else comes back alone. */
export const addressesIn = (address: string): readonly string[] => {
  const groups = address.includes(':') ? v6Of(address) : undefined
  return groups ? [address, ...embedded(groups)] : [address]
}

/**
 * True for an IP address that is local to this machine or its link: loopback, unspecified, link-local (cloud metadata),
 * multicast, in every spelling that IPv6 offers. Decision 25 refuses them as gateways. A zone id makes it link-local. False for
 * what is no address.
 */
export const isLocalAddress = (address: string): boolean => {
  if (address.includes('%')) return true
  const groups = address.includes(':') ? v6Of(address) : undefined
  if (groups && local6.some(subnet => in6(groups, subnet))) return true
  return addressesIn(address).some(text => {
    const number = v4Of(text)
    return number !== undefined && local4.some(subnet => in4(number, subnet))
  })
}

// tenants live under api.us.akeyless.io and the like
const publicApi = /^api\.(?:[a-z0-9-]+\.)*akeyless\.io$/

/** Whether a host is Akeyless' own API and not a gateway of somebody (akeyless.md §1). */
export const isPublicApi = (hostname: string): boolean => publicApi.test(hostname)
