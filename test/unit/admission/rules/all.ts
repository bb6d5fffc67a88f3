import type { Cases } from './cases.ts'
import { clusterCases } from './clusterexternalsecret.ts'
import { externalSecretCases } from './externalsecret.ts'
import { guardCases } from './guard.ts'
import { pushCases } from './pushsecret.ts'
import { storeCases } from './store.ts'
import { targetCases } from './target.ts'
import { templateCases } from './template.ts'

const tables: readonly Cases[] = [
  externalSecretCases,
  targetCases,
  templateCases,
  storeCases,
  guardCases,
  clusterCases,
  pushCases,
]

/**
 * The cases of every rule: judged in memory by test/unit/admission/rules.test.ts, by a cluster in test/live/rejections.test.ts. Rules
 * that several kinds share have cases in several tables.
 */
export const cases: Cases = Object.fromEntries(
  tables.flatMap(Object.keys).map(rule => {
    const passes = tables.flatMap(table => table[rule]?.passes ?? [])
    return [rule, { passes, fails: tables.flatMap(table => table[rule]?.fails ?? []) }]
  }),
)
