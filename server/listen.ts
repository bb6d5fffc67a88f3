import { Fault } from '#core'
import { type Address, showAddress } from './address.ts'

const causes: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken by another process',
  EACCES: 'may not be used by this user',
  EADDRNOTAVAIL: 'is no address of this machine',
}

/** Listens, or throws a Fault that names the flag: a taken port is no defect. */
export const listenAt = async <T>(
  app: { listen(address: Address): Promise<T> },
  address: Address,
  flag: string,
): Promise<T> => {
  try {
    return await app.listen(address)
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
    const why = causes[code]
    if (!why) throw thrown
    throw new Fault('ConfigInvalid', `${showAddress(address)} ${why}`, {
      path: flag,
      remedy: 'give another one',
      cause: thrown,
    })
  }
}
