export type ConversionStrategy = 'Default' | 'Unicode'

const kept = /^[\p{L}\p{N}._-]$/u
const replaced = {
  Default: () => '_',
  Unicode: (char: string) => `_U${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}_`,
} satisfies Record<ConversionStrategy, (char: string) => string>

/** A JSON key made fit for a Secret (compatibility.md §2.3): letters and digits of any script stay, as in ESO. */
export const convertKey = (key: string, strategy: ConversionStrategy = 'Default'): string =>
  [...key].map(char => (kept.test(char) ? char : replaced[strategy](char))).join('')

/** Why Kubernetes would refuse the key of a Secret, in words; undefined where it would not. */
export const keyProblem = (key: string): string | undefined => {
  if (key === '') return 'is empty'
  if (key === '.' || key.startsWith('..')) return 'must not be . or start with ..'
  if (key.length > 253) return `has ${key.length} characters, 253 are allowed`
  return /^[-._a-zA-Z0-9]+$/.test(key) ? undefined : 'has a character other than letters, digits, - _ .'
}
