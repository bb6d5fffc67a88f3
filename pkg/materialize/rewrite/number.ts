import type { ByteText } from '../json/cursor.ts'
import { numberText } from '../json/scalar.ts'

/** The digits that carry a number's precision: no sign, point or exponent, no zeros at either end. */
const significant = (number: string): string => {
  const [mantissa = ''] = number.split(/[eE]/, 1)
  const digits = mantissa.replaceAll(/[-.]/g, '')
  let [from, to] = [0, digits.length]
  while (digits.charAt(from) === '0') from++
  while (to > from && digits.charAt(to - 1) === '0') to--
  return digits.slice(from, to)
}

/**
 * Whether a float64 holds all digits of a number. ESO reads every number into one and prints 12345678901234567890 as
 * 12345678901234567000 and refuses 1e400; such numbers stay as the item has them (security.md T16).
 */
const survives = (raw: ByteText): boolean => {
  const value = Number(raw)
  return Number.isFinite(value) && significant(String(value)) === significant(raw)
}

/** A number as the value of a key: without an exponent (Go's FormatFloat 'f'). */
export const plainNumber = (raw: ByteText): ByteText => (survives(raw) ? (numberText(raw) ?? raw) : raw)

/** A number within JSON. Go's encoding/json took JavaScript's form, except for the sign of zero. */
export const jsonNumber = (raw: ByteText): ByteText => {
  if (!survives(raw)) return raw
  return Object.is(Number(raw), -0) ? '-0' : String(Number(raw))
}
