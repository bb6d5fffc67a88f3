import { createHash, timingSafeEqual } from 'node:crypto'
import { inspect } from 'node:util'

const mask = '[redacted]'

/**
 * Secret bytes in a type that cannot be printed: string conversion, JSON and console inspection all give `[redacted]`.
 * `reveal` is called only in the files that test/architecture/reveal.test.ts lists.
 */
export class Sensitive {
  readonly #bytes: Buffer

  private constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** Text as UTF-8; a lone surrogate becomes U+FFFD, as in Go. */
  static text(text: string): Sensitive {
    // a buffer of its own: one cut from Node's pool would keep 8 KiB alive for a value of 20 bytes
    const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text, 'utf8'))
    bytes.write(text, 'utf8')
    return new Sensitive(bytes)
  }

  static bytes(bytes: Uint8Array): Sensitive {
    return new Sensitive(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  }

  get size(): number {
    return this.#bytes.byteLength
  }

  reveal(): Buffer {
    return this.#bytes
  }

  /** SHA-256 in hex: tells values apart in cache keys without keeping them. Never shown to a user. */
  fingerprint(): string {
    return createHash('sha256').update(this.#bytes).digest('hex')
  }

  equals(other: Sensitive): boolean {
    return this.#bytes.byteLength === other.#bytes.byteLength && timingSafeEqual(this.#bytes, other.#bytes)
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}
