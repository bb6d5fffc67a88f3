import { isUtf8 } from 'node:buffer'
import { Sensitive } from '#core'
import { type DecodingStrategy, decode } from '../decode.ts'

const open = '{{'

/** Whether Go would do more with a text than print it. */
export const hasActions = (text: string | Sensitive): boolean =>
  typeof text === 'string' ? text.includes(open) : text.reveal().includes(open)

/** Undefined where the value is not what the strategy says. */
export const decoded = (value: Sensitive, strategy: DecodingStrategy): Sensitive | undefined => {
  if (strategy === 'None') return value
  const bytes = decode(value.reveal().toString('latin1'), strategy)
  return bytes === undefined ? undefined : Sensitive.bytes(Buffer.from(bytes, 'latin1'))
}

/** The value as a label or annotation, or undefined where it is not UTF-8. */
export const asText = (value: Sensitive): string | undefined => {
  const bytes = value.reveal()
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}
