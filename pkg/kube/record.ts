import { z } from 'zod'

/** A JSON object, as it is. `__proto__` is a legal key of a Secret, and z.record would drop it without a word. */
export const recordOf = <T>(value: z.ZodType<T>) =>
  z.custom<Readonly<Record<string, T>>>(
    object =>
      typeof object === 'object' &&
      object !== null &&
      !Array.isArray(object) &&
      Object.values(object).every(each => value.safeParse(each).success),
  )
