import { Fault, type Sensitive } from '#core'
import type { Values } from '../engine.ts'
import { mostFaults } from '../rewrite/work.ts'
import { type Conversion, convertedKey, convertedKeys } from './keys.ts'
import type { PushPart } from './part.ts'
import { type Encoding, encodingOf, Forms, notText } from './value.ts'

/** One Secret to push, after its template. */
export interface PushSource {
  readonly name: string
  readonly values: Values
}

type Gives = PushPart['gives']

/** Members, or the keys whose values no item can hold. */
type Members = { readonly members: Values } | { readonly bad: readonly string[] }

/**
 * What one Secret has to give. A thousand entries may ask for all of it, so each form of it is made once and shared: the names of
 * its keys by conversion, and the members that they become by encoding.
 */
export class Supply {
  readonly name: string
  readonly values: Values
  readonly #forms = new Forms()
  readonly #converted = new Map<Conversion, Values | Fault>()
  readonly #originals = new Map<Conversion, ReadonlyMap<string, string>>()
  readonly #members = { none: new WeakMap<Values, Members>(), base64: new WeakMap<Values, Members>() }

  constructor({ name, values }: PushSource) {
    this.name = name
    this.values = values
  }

  keys(conversion: Conversion, path: string): Values | Fault {
    const made = this.#converted.get(conversion) ?? convertedKeys(this.values, conversion)
    this.#converted.set(conversion, made)
    return made instanceof Fault ? made.at(`${path}.conversionStrategy`) : made
  }

  /** The keys of the Secret by the names that a conversion gives them. */
  originals(conversion: Conversion): ReadonlyMap<string, string> {
    const made =
      this.#originals.get(conversion) ??
      new Map([...this.values.keys()].map(key => [convertedKey(key, conversion), key] as const))
    this.#originals.set(conversion, made)
    return made
  }

  /** The value of one key: all that its item holds. */
  whole([key, value]: readonly [string, Sensitive], metadata: unknown, path: string): Gives | readonly Fault[] {
    const encoding = encodingOf(metadata, path)
    if (encoding instanceof Fault) return [encoding]
    const sent = this.#forms.of(value, encoding)
    return sent ? { is: 'value', value: sent } : [notText(key, path)]
  }

  /** The values of several keys as members of a JSON object; or everything that is wrong with them, up to a hundred faults. */
  members(values: Values, metadata: unknown, path: string): Gives | readonly Fault[] {
    const encoding = encodingOf(metadata, path)
    if (encoding instanceof Fault) return [encoding]
    const made = this.#members[encoding].get(values) ?? this.#sent(values, encoding)
    this.#members[encoding].set(values, made)
    return 'bad' in made ? made.bad.map(key => notText(key, path)) : { is: 'members', ...made }
  }

  #sent(values: Values, encoding: Encoding): Members {
    const members = new Map<string, Sensitive>()
    const bad: string[] = []
    for (const [key, value] of values) {
      const sent = this.#forms.of(value, encoding)
      if (sent) members.set(key, sent)
      else bad.push(key)
      if (bad.length === mostFaults) break
    }
    return bad.length > 0 ? { bad } : { members }
  }
}
