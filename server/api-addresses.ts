import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { addressesIn } from '#core'

const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined =>
  isIP(address) === 0 ? undefined : isIP(address) === 6 ? 'ipv6' : 'ipv4'

/**
 * Tells whether an address is the API server's, in whatever spelling: no gateway stands there, and what is sent to one must not
 * reach it (security.md T1). Names are looked up in the background; until that has been answered they count as nobody's, and what
 * failed is looked up again when somebody asks.
 */
export const apiServerAddresses = (server: string, env: NodeJS.ProcessEnv): ((address: string) => boolean) => {
  const known = new BlockList()
  const add = (address: string): void => {
    const family = familyOf(address)
    if (family) known.addAddress(address, family)
  }
  const names = new Set<string>()
  const find = (): void => {
    for (const name of [...names]) {
      names.delete(name)
      lookup(name, { all: true }).then(
        found => {
          for (const { address } of found) add(address)
        },
        () => names.add(name),
      )
    }
  }
  for (const host of [URL.parse(server)?.hostname.replace(/^\[|\]$/g, ''), env['KUBERNETES_SERVICE_HOST']]) {
    if (!host) continue
    if (familyOf(host)) add(host)
    else names.add(host)
  }
  find()
  const isKnown = (address: string): boolean => {
    const family = familyOf(address)
    return family !== undefined && known.check(address, family)
  }
  return address => {
    find()
    return addressesIn(address).some(isKnown)
  }
}
