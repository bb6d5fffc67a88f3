import { BlockList, isIPv4 } from 'node:net'

const v4 = new BlockList()
v4.addSubnet('0.0.0.0', 8, 'ipv4')
v4.addSubnet('127.0.0.0', 8, 'ipv4')
v4.addSubnet('169.254.0.0', 16, 'ipv4')
v4.addSubnet('224.0.0.0', 4, 'ipv4')
v4.addAddress('255.255.255.255', 'ipv4')

const v6 = new BlockList()
v6.addAddress('::', 'ipv6')
v6.addAddress('::1', 'ipv6')
v6.addSubnet('fe80::', 10, 'ipv6')
v6.addSubnet('ff00::', 8, 'ipv6')
// the metadata service of AWS
v6.addAddress('fd00:ec2::254', 'ipv6')

/** The eight groups of an IPv6 address; a dotted tail is written as two groups first. */
const groups = (address: string): readonly number[] => {
  const plain = (address.split('%')[0] ?? '').replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_all, a, b, c, d) =>
      `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`,
  )
  const [head = '', tail] = plain.split('::')
  const parse = (part: string) => (part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16)))
  const [left, right] = [parse(head), parse(tail ?? '')]
  const gap = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length)
  return [...left, ...Array<number>(gap).fill(0), ...right]
}

const dotted = (high: number, low: number): string => [high >> 8, high & 255, low >> 8, low & 255].join('.')

/** The IPv4 address that an IPv6 address leads to: mapped, compatible, NAT64 or 6to4 (security.md §0.7). */
const embedded = (address: string): string | undefined => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups(address)
  const zeros = a === 0 && b === 0 && c === 0 && d === 0
  if (zeros && (e === 0 || e === 0xffff) && (f === 0 || f === 0xffff)) return dotted(g, h)
  if (a === 0x64 && b === 0xff9b) return dotted(g, h)
  if (a === 0x2002) return dotted(b, c)
  return undefined
}

/**
 * True for an IP address that is local to this machine or its link: loopback, unspecified, link-local (cloud metadata),
 * multicast, in every spelling that IPv6 offers. Decision 25 refuses them as gateways. A zone id makes it link-local.
 */
export const isLocalAddress = (address: string): boolean => {
  if (isIPv4(address)) return v4.check(address, 'ipv4')
  if (address.includes('%') || v6.check(address, 'ipv6')) return true
  const inner = embedded(address)
  return inner !== undefined && v4.check(inner, 'ipv4')
}
