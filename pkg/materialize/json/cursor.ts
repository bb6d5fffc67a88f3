/**
 * Text that holds one byte per character (latin1), so that every byte of a value survives and offsets are byte offsets.
 * All readers under json/ work on it.
 */
export type ByteText = string

export const toByteText = (text: string): ByteText => Buffer.from(text, 'utf8').toString('latin1')
export const fromByteText = (text: ByteText): string => Buffer.from(text, 'latin1').toString('utf8')

/** One value as it stands in the text. `whole` is false where the text ends before the value does. */
export interface Token {
  readonly kind: 'string' | 'number' | 'word' | 'container'
  readonly raw: ByteText
  readonly whole: boolean
}

const opening = new Set('{[(')
const closing = new Set('}])')
const numberStart = new Set('+-0123456789iIN')
/** Characters that begin a value; everything else before one is passed over, as gjson does. */
const valueStart = new Set([...numberStart, ...'"{[tfn'])
const valueStartOrEnd = new Set([...valueStart, ']'])

/**
 * Walks over JSON text value by value and never judges it: damage outside of what is taken goes unnoticed, as in gjson v1.18.
 * Numbers and nested values stay source text, so 12345678901234567890 and 1.50 survive.
 */
export class Cursor {
  readonly text: ByteText
  at: number

  constructor(text: ByteText, at = 0) {
    this.text = text
    this.at = at
  }

  /** Moves to the next character of the set and returns it; the empty string at the end of the text. */
  seek(stops: ReadonlySet<string>): string {
    while (this.at < this.text.length) {
      const found = this.text.charAt(this.at)
      if (stops.has(found)) return found
      this.at++
    }
    return ''
  }

  /** Moves to the next value. */
  seekValue(): string {
    return this.seek(valueStart)
  }

  /** Moves to the next element of the array, or to the bracket that ends it. */
  seekElement(): string {
    return this.seek(valueStartOrEnd)
  }

  /** Reads the value that begins here. */
  take(): Token {
    const start = this.text.charAt(this.at)
    if (start === '"') return this.string()
    if (start === '{' || start === '[') return this.container()
    const next = this.text.charAt(this.at + 1)
    // An n that begins no null can only be a nan, which gjson counts among the numbers.
    if (numberStart.has(start) || (start === 'n' && next !== 'u' && next !== '')) {
      return this.#until('number', code => code <= 0x20 || code === 0x2c || code === 0x5d || code === 0x7d)
    }
    return this.#until('word', code => code < 0x61 || code > 0x7a)
  }

  string(): Token {
    const start = this.at
    const whole = this.#passString()
    return { kind: 'string', raw: this.text.slice(start, this.at), whole }
  }

  container(): Token {
    const start = this.at
    let depth = 0
    while (this.at < this.text.length) {
      const found = this.text.charAt(this.at)
      if (found === '"') {
        this.#passString()
        continue
      }
      this.at++
      if (opening.has(found)) depth++
      else if (closing.has(found) && --depth === 0) return this.#container(start, true)
    }
    return this.#container(start, false)
  }

  #container(start: number, whole: boolean): Token {
    return { kind: 'container', raw: this.text.slice(start, this.at), whole }
  }

  #passString(): boolean {
    for (let at = this.at + 1; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at)
      if (code === 0x5c) at++
      else if (code === 0x22) {
        this.at = at + 1
        return true
      }
    }
    this.at = this.text.length
    return false
  }

  #until(kind: Token['kind'], ends: (code: number) => boolean): Token {
    const start = this.at++
    while (this.at < this.text.length && !ends(this.text.charCodeAt(this.at))) this.at++
    return { kind, raw: this.text.slice(start, this.at), whole: true }
  }
}
