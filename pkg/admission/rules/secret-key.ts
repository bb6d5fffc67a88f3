import type { ExternalSecret } from '#api'
import { show } from '#core'
import { keyProblem } from '#materialize'
import type { Draft, Rule } from '../findings.ts'

export const secretKey: Rule<ExternalSecret> = {
  id: 'secret-key',
  doc: 'A key is one that Kubernetes allows in a Secret: letters, digits, - _ . and not .. in front.',
  check: ({ spec }) =>
    (spec.data ?? []).flatMap(({ secretKey: key }, index): Draft[] => {
      const problem = keyProblem(key)
      if (problem === undefined) return []
      return [
        {
          path: `spec.data[${index}].secretKey`,
          message: `${show(key)} ${problem.what}`,
          remedy: problem.remedy,
        },
      ]
    }),
}
