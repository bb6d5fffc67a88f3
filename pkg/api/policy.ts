import { z } from 'zod'
import { recordOf } from './meta.ts'

/** What a policy makes of the warnings of a rule; `warn` also means that no annotation silences them. */
export const policyLevels = ['off', 'warn', 'deny'] as const

/** What the administrator of Latchkey wants admission, and the reconciler after it, to insist on: the file of --policy. */
export const Policy = z.strictObject({
  rules: recordOf(z.enum(policyLevels))
    .default({})
    .meta({ description: 'What becomes of the warnings of a rule, by its id.' }),
})
export type Policy = z.infer<typeof Policy>
export type PolicyLevel = (typeof policyLevels)[number]
