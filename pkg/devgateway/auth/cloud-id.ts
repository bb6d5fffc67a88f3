import { z } from 'zod'

/** The text inside standard base64; undefined for anything else, which Node would read leniently. */
export const unbase64 = (text: string): string | undefined =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
    ? Buffer.from(text, 'base64').toString('utf8')
    : undefined

/** Standard base64 in a JSON field, as its text. */
export const Base64Text = z.string().transform((text, context) => {
  const inner = unbase64(text)
  if (inner !== undefined) return inner
  context.addIssue({ code: 'custom', message: 'is not base64' })
  return z.NEVER
})
