import type { PushSecret } from '#api'
import type { Rule } from '../findings.ts'

export const pushPolicies: Rule<PushSecret> = {
  id: 'push-policies',
  doc: 'deletionPolicy Delete goes with updatePolicy Replace; with IfNotExists a warning, since items of others may be deleted.',
  warns: true,
  check: ({ spec: { updatePolicy, deletionPolicy } }) => {
    if (deletionPolicy !== 'Delete' || updatePolicy !== 'IfNotExists') return []
    const message = 'with updatePolicy IfNotExists an item that was there before counts as pushed, and may be deleted'
    return [{ path: 'spec.deletionPolicy', message, remedy: 'write None, or updatePolicy: Replace', level: 'warn' }]
  },
}
