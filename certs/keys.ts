import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'

const makePair = promisify(generateKeyPair)

// 2048 bits: what every TLS client takes; 3072 would double the cost of each handshake for keys that live 90 days.
const bits = 2048

/** Where keys and serials come from; tests hand in their own to be fast and repeatable. */
export interface Sources {
  newKey(): Promise<KeyObject>
  /** Hexadecimal, positive, at most 20 bytes (RFC 5280 §4.1.2.2). */
  newSerial(): string
}

/** RSA keys made off the event loop, and serials of 127 random bits. */
export const randomSources = (): Sources => ({
  newKey: async () => (await makePair('rsa', { modulusLength: bits })).privateKey,
  newSerial: () => {
    const bytes = randomBytes(16)
    // The top bit is the sign in DER; the bit below keeps the first byte from being zero.
    bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
    return bytes.toString('hex')
  },
})
