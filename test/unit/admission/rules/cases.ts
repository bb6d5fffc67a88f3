/** By rule: objects that pass without a word, and objects that fail with exactly these lines. */
export type Cases = Readonly<Record<string, { readonly passes: readonly unknown[]; readonly fails: readonly Case[] }>>
type Case = readonly [object: unknown, ...lines: string[]]
