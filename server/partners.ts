import type { Context } from '#admission'
import type { ExternalSecret, PushSecret } from '#api'
import type { Snapshot } from '#kube'
import { pushSourceIndex, targetIndex } from '#reconcile'

/** Who makes a Secret, and who pushes it, as the watches show them. */
export const partnersIn = (watches: {
  readonly externalSecrets: Pick<Snapshot<ExternalSecret>, 'by'>
  readonly pushSecrets: Pick<Snapshot<PushSecret>, 'by'>
}): NonNullable<Context['partners']> => ({
  makersOf: (namespace, secret) => watches.externalSecrets.by(targetIndex, `${namespace}/${secret}`),
  // the index holds those too that take texts from it
  pushersOf: (namespace, secret) =>
    watches.pushSecrets
      .by(pushSourceIndex, `${namespace}/${secret}`)
      .filter(({ spec }) => spec.selector.secret?.name === secret),
})
