import type { Cases } from './cases.ts'
import { externalSecretCases } from './externalsecret.ts'
import { guardCases } from './guard.ts'
import { storeCases } from './store.ts'
import { targetCases } from './target.ts'

/** The cases of every rule: judged in memory by test/unit/admission/rules.test.ts, by a cluster in test/live/rejections.test.ts. */
export const cases: Cases = { ...externalSecretCases, ...targetCases, ...storeCases, ...guardCases }
