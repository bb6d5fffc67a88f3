export type ConversionStrategy = 'Default' | 'Unicode'

const kept = /^[\p{L}\p{N}._-]$/u
const replaced = {
  Default: () => '_',
  Unicode: (char: string) => `_U${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}_`,
} satisfies Record<ConversionStrategy, (char: string) => string>

/** A JSON key made fit for a Secret (compatibility.md §2.3): letters and digits of any script stay, as in ESO. */
export const convertKey = (key: string, strategy: ConversionStrategy = 'Default'): string =>
  [...key].map(char => (kept.test(char) ? char : replaced[strategy](char))).join('')

/** Why Kubernetes would refuse the key of a Secret, in words, and what would be right; undefined where it would not. */
export const keyProblem = (key: string): { readonly what: string; readonly remedy: string } | undefined => {
  if (key === '') return { what: 'is empty', remedy: 'give it a name' }
  if (key === '.') return { what: 'is a single dot', remedy: 'give it a name' }
  if (key.startsWith('..')) return { what: 'starts with two dots', remedy: 'begin it with one dot or none' }
  if (key.length > 253) return { what: `has ${key.length} characters, 253 are allowed`, remedy: 'shorten it' }
  if (/^[-._a-zA-Z0-9]+$/.test(key)) return undefined
  return { what: 'has a character other than letters, digits, - _ .', remedy: 'use letters, digits, - _ .' }
}
