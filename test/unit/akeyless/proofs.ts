import type { Proofs } from '#akeyless'
import type { Identity, Login } from '#api'
import { Sensitive } from '#core'

/** Proofs that are another text each time, as real ones are; `asked` is what was asked for. */
export const countingProofs = (): Proofs & { readonly asked: string[] } => {
  const asked: string[] = []
  const prove = (what: string) => {
    asked.push(what)
    return Promise.resolve(Sensitive.text(`proof-${asked.length}`))
  }
  return {
    asked,
    projectedToken: token => prove(JSON.stringify(token)),
    aws: () => prove('aws'),
    azure: ({ objectId, workload }) => prove(JSON.stringify(['azure', objectId, workload])),
    gcp: audience => prove(`gcp ${audience}`),
  }
}

export const as = (gateway: string, login: Login): Identity => ({ gateway, ignoreCache: false, login })
