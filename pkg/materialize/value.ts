import type { RemoteRef } from '#api'
import { Fault, Sensitive } from '#core'
import { decode } from './decode.ts'
import type { ByteText } from './json/cursor.ts'
import type { Site } from './refs.ts'

type Wishes = Pick<RemoteRef, 'decodingStrategy' | 'nullBytePolicy'>

/** Raw bytes made into the value of a key: decoded, then checked for null bytes (compatibility.md §2.3). */
export const toValue = (text: ByteText, site: Site, whose: string): Sensitive | Fault => {
  const { decodingStrategy, nullBytePolicy }: Wishes = site.ref
  const decoded = decode(text, decodingStrategy)
  if (decoded === undefined) {
    return new Fault('ValueInvalid', `${whose} is not ${decodingStrategy}`, {
      path: `${site.path}.decodingStrategy`,
      remedy: 'write decodingStrategy: None to take it as it is, or correct the value in the item',
    })
  }
  if (nullBytePolicy === 'Fail' && decoded.includes('\0')) {
    return new Fault('ValueInvalid', `${whose} has a null byte`, {
      path: `${site.path}.nullBytePolicy`,
      remedy: 'write nullBytePolicy: Ignore to keep it, or correct the value in the item',
    })
  }
  return Sensitive.bytes(Buffer.from(decoded, 'latin1'))
}
