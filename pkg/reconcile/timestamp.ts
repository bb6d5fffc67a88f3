/** As metav1.Time prints it: RFC 3339 in UTC, whole seconds, rounded down so that it never lies in the future. */
export const stamp = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`

/** Milliseconds since 1970, or undefined for no time at all: absent, null, Go's zero time, or text that is none. */
export const readTime = (text: string | null | undefined): number | undefined => {
  const ms = text ? Date.parse(text) : Number.NaN
  return ms > 0 ? ms : undefined
}
