import { secretShape } from '#materialize'
import { readyOf } from './conditions.ts'
import { targetName } from './marks.ts'
import { digestOf, type Pass } from './pass.ts'
import { policyOf } from './policy.ts'
import { refusedTarget } from './refusal.ts'
import { removeGone, removeOrphans } from './remove.ts'
import { render } from './render.ts'
import { want } from './secret.ts'
import type { Target } from './target.ts'
import { writeSecret } from './write.ts'

/**
 * The target is looked at before the items are read where that may spare a read: after a failure, since a Secret that must not be
 * written costs no lease, and where the Secret must be there already.
 */
const checkSecret = async ({ deps, externalSecret, signal }: Pass): Promise<'absent' | undefined> => {
  const { writes, creates } = policyOf(externalSecret)
  const failed = readyOf(externalSecret.status?.conditions)?.status === 'False'
  if (!writes || (creates && !failed)) return undefined
  const { namespace = '' } = externalSecret.metadata
  const existing = await deps.secretWriter.read(namespace, targetName(externalSecret), signal)
  if (!existing && !creates) return 'absent'
  const fault = refusedTarget(externalSecret, secretShape(externalSecret.spec, externalSecret.metadata), existing)
  if (fault) throw fault
  return undefined
}

/** A Secret (compatibility.md §2.5). */
export const secretTarget = (pass: Pass): Target => ({
  isThere: () => !policyOf(pass.externalSecret).creates || digestOf(pass.deps, pass.externalSecret) !== undefined,
  check: () => checkSecret(pass),
  write: async (data, { settled, approve, mustHold }) => {
    const { deps, externalSecret, signal } = pass
    const rendered = await render(pass, data)
    mustHold()
    const wanted = want(externalSecret, rendered.data, rendered.shape)
    const known = { digest: digestOf(deps, externalSecret), settled, approve }
    const written = await writeSecret(deps.secretWriter, wanted, known, signal)
    await removeOrphans(pass)
    return written
  },
  remove: missing => removeGone(pass, missing),
})
