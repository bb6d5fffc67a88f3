// Go's time.ParseDuration and Duration.String, to the millisecond. Source of the grammar: https://pkg.go.dev/time#ParseDuration
const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3600e3,
}
const whole = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g
// tenants and gateways write these texts: nothing that a person means is longer, and no pattern gets slow on so little
const longest = 64

// int64 nanoseconds, the range of Go's Duration
const maxMs = Number(2n ** 63n / 1_000_000n)

/** Milliseconds of a Go duration (`1h30m`, `500ms`, `0`), or undefined where Go refuses it or it is past 64 characters. */
export const parseDuration = (text: string): number | undefined => {
  if (text.length > longest) return undefined
  if (/^[+-]?0$/.test(text)) return 0
  if (!whole.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
  if (!(total <= maxMs)) return undefined
  return text.startsWith('-') ? -total : total
}

/** What a person most likely meant by a text that is no duration, as `5m` for `5 minutes`; undefined where that is a guess. */
export const suggestDuration = (text: string): string | undefined => {
  if (text.length > longest) return undefined
  const match = /^\s*(\d+)\s*(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)?\s*$/i.exec(text)
  const [, amount, word] = match ?? []
  if (!amount) return undefined
  const letter = (word ?? 's')[0]?.toLowerCase()
  if (letter === 'd') return `${Number(amount) * 24}h`
  if (letter === 'w') return `${Number(amount) * 168}h`
  return `${amount}${letter}`
}

/** `41 ms`, `3.2 s`, `12 m`, `6 h`: for people, in messages. */
export const showMs = (ms: number): string => {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60e3) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 3600e3) return `${Math.round(ms / 60e3)} m`
  return `${Math.round(ms / 3600e3)} h`
}
