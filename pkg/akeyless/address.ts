import { BlockList, isIPv4 } from 'node:net'

const v4 = new BlockList()
v4.addSubnet('0.0.0.0', 8, 'ipv4')
v4.addSubnet('127.0.0.0', 8, 'ipv4')
v4.addSubnet('169.254.0.0', 16, 'ipv4')
v4.addSubnet('224.0.0.0', 4, 'ipv4')
// reserved, and the broadcast address
v4.addSubnet('240.0.0.0', 4, 'ipv4')
// metadata services outside of the link: Azure, Alibaba, Oracle
v4.addAddress('168.63.129.16', 'ipv4')
v4.addAddress('100.100.100.200', 'ipv4')
v4.addAddress('192.0.0.192', 'ipv4')

const v6 = new BlockList()
v6.addAddress('::', 'ipv6')
v6.addAddress('::1', 'ipv6')
v6.addSubnet('fe80::', 10, 'ipv6')
v6.addSubnet('fec0::', 10, 'ipv6')
v6.addSubnet('ff00::', 8, 'ipv6')
// metadata services: all of AWS' own, Google, Scaleway
v6.addSubnet('fd00:ec2::', 32, 'ipv6')
v6.addAddress('fd20:ce::254', 'ipv6')
v6.addAddress('fd00:42::42', 'ipv6')

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

/** The IPv4 addresses that an IPv6 address leads to: mapped, compatible, NAT64, 6to4, ISATAP or Teredo (security.md §0.7). */
const embedded = (address: string): readonly string[] => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups(address)
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

/**
 * True for an IP address that is local to this machine or its link: loopback, unspecified, link-local (cloud metadata),
 * multicast, in every spelling that IPv6 offers. Decision 25 refuses them as gateways. A zone id makes it link-local.
 */
export const isLocalAddress = (address: string): boolean => {
  if (isIPv4(address)) return v4.check(address, 'ipv4')
  if (address.includes('%') || v6.check(address, 'ipv6')) return true
  return embedded(address).some(inner => v4.check(inner, 'ipv4'))
}
