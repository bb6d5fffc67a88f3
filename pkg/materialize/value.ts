import type { RemoteRef } from '#api'
import { Fault, Sensitive } from '#core'
import { decode } from './decode.ts'

interface Wishing {
  /** Field path of the ref. */
  readonly path: string
  readonly wishes: Pick<RemoteRef, 'decodingStrategy' | 'nullBytePolicy'>
}

/** Raw bytes made into the value of a key: decoded, then checked for null bytes (compatibility.md §2.3). */
export const toValue = (raw: Sensitive, { path, wishes }: Wishing, whose: string): Sensitive | Fault => {
  const { decodingStrategy = 'None', nullBytePolicy } = wishes
  if (decodingStrategy === 'None' && nullBytePolicy !== 'Fail') return raw
  const decoded = decode(raw.reveal().toString('latin1'), decodingStrategy)
  if (decoded === undefined) {
    return new Fault('ValueInvalid', `${whose} is not ${decodingStrategy}`, {
      path: `${path}.decodingStrategy`,
      remedy: 'write decodingStrategy: None to take it as it is, or correct the value in the item',
    })
  }
  if (nullBytePolicy === 'Fail' && decoded.includes('\0')) {
    return new Fault('ValueInvalid', `${whose} has a null byte`, {
      path: `${path}.nullBytePolicy`,
      remedy: 'write nullBytePolicy: Ignore to keep it, or correct the value in the item',
    })
  }
  return Sensitive.bytes(Buffer.from(decoded, 'latin1'))
}
